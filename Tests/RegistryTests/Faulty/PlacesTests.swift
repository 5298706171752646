import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

@Suite("Mirrors, proxies, searches and lists")
struct PlacesTests {
    private static let blob = Blob.pattern(1000)
    private static let manifest = Array(#"{"layers":[]}"#.utf8)

    private func configuration(_ registry: FaultyRegistry, mirrors: [Int]) -> RegistryConfiguration {
        let mirrors = mirrors.map {
            RegistryEndpoint(host: "127.0.0.1", port: $0, security: .plain, isMirror: true)
        }
        return RegistryConfiguration(hosts: [registry.name: .init(mirrors: mirrors)])
    }

    @Test("a mirror serves pulls, without the login")
    func mirror() async throws {
        try await FaultyRegistry.with { registry in
            try await FaultyRegistry.with { mirror in
                mirror.add(blob: Self.blob)
                let login = RegistryCredentials.password(user: "u", password: "p")
                let source = OneLogin(registry: registry.name, login: login)
                let reference = try registry.reference()
                try await withClient(configuration(registry, mirrors: [mirror.port]), credentials: source) { client in
                    let bytes = try await client.blob(Descriptor(Self.blob), of: reference)
                    #expect(bytes == Self.blob)
                    #expect(registry.requests.isEmpty && mirror.requests.count == 1)
                    #expect(try await !client.hasBlob(Descriptor(Self.blob).digest, in: reference))
                    #expect(registry.requests.count == 1)
                }
            }
        }
    }

    @Test("a mirror that fails, in whatever way, is left after one try", arguments: [404, 500, 401, 200])
    func badMirror(_ status: Int) async throws {
        try await FaultyRegistry.with({ _, _, _ in
            let headers = ["WWW-Authenticate": "Basic realm=x"]
            return status == 200 ? .init(200, body: Blob.pattern(1000, seed: 9)) : .init(status, headers)
        }) { mirror in
            try await pullsDespite(mirrorAt: mirror.port)
            #expect(mirror.requests.count == 1)
            #expect(mirror.requests.allSatisfy { $0.header("authorization") == nil })
        }
    }

    @Test("a mirror that nobody runs is left after one try")
    func deadMirror() async throws {
        try await withDeadPort { port in try await pullsDespite(mirrorAt: port) }
    }

    private func pullsDespite(mirrorAt port: Int) async throws {
        try await FaultyRegistry.with { registry in
            registry.add(blob: Self.blob)
            let login = RegistryCredentials.password(user: "u", password: "p")
            let source = OneLogin(registry: registry.name, login: login)
            let waits = Waits()
            let reference = try registry.reference()
            let configuration = configuration(registry, mirrors: [port])
            let bytes = try await withClient(configuration, credentials: source, policy: .impatient(waits)) {
                try await $0.blob(Descriptor(Self.blob), of: reference)
            }
            #expect(bytes == Self.blob && waits.all.isEmpty)
        }
    }

    @Test("a mirror that shows a page for people in place of a manifest is left")
    func pageMirror() async throws {
        try await FaultyRegistry.with { registry in
            registry.add(manifest: Self.manifest, type: MediaType.manifest, tag: "v1")
            try await FaultyRegistry.with({ _, _, _ in .init(200, body: Array("<html>".utf8)) }) { mirror in
                let reference = try registry.reference()
                let fetched = try await withClient(configuration(registry, mirrors: [mirror.port])) {
                    try await $0.manifest(reference)
                }
                #expect(fetched.bytes == Self.manifest && mirror.requests.count == 1)
            }
        }
    }

    @Test("a registry that shows a page for people in place of a search is searched by its catalog")
    func pageSearch() async throws {
        try await FaultyRegistry.with({ request, _, _ in
            request.path == "/v2/_catalog"
                ? .json(#"{"repositories":["team/app","other"]}"#) : .init(200, body: Array("<html>".utf8))
        }) { registry in
            let found = try await withClient { try await $0.search("App", on: registry.name, limit: 5) }
            #expect(found == [SearchResult(name: "team/app")])
        }
    }

    @Test("a download that a mirror broke off goes on at the registry")
    func resumesElsewhere() async throws {
        try await withTemporaryFolder { folder in
            try await FaultyRegistry.with { registry in
                registry.add(blob: Self.blob)
                try await FaultyRegistry.with({ _, _, good in
                    var answer = good()
                    answer.cutAt = 400
                    return answer
                }) { mirror in
                    mirror.add(blob: Self.blob)
                    let reference = try registry.reference()
                    let file = folder.appending("blob")
                    try await withClient(configuration(registry, mirrors: [mirror.port])) {
                        try await $0.download(Descriptor(Self.blob), of: reference, to: file) { _ in }
                    }
                    #expect(try Blob.read(file) == Self.blob)
                    #expect(registry.requests.map { $0.header("range") } == ["bytes=400-"])
                }
            }
        }
    }

    @Test("a registry behind a proxy is reached through it, and this machine's without it")
    func proxy() async throws {
        try await FaultyRegistry.with { registry in
            registry.add(blob: Self.blob)
            try await ConnectProxy.with(leadingTo: registry.port) { proxy, port in
                let name = "registry.invalid:5000"
                let endpoint = RegistryEndpoint(host: "registry.invalid", port: 5000, security: .plain)
                let configuration = RegistryConfiguration(hosts: [name: .init(endpoint: endpoint)])
                let environment = ["http_proxy": "http://127.0.0.1:\(port)"]
                try await withClient(configuration, environment: environment) { client in
                    let far = try ImageReference("\(name)/app:v1")
                    #expect(try await client.blob(Descriptor(Self.blob), of: far) == Self.blob)
                    let near = try registry.reference()
                    #expect(try await client.blob(Descriptor(Self.blob), of: near) == Self.blob)
                }
                #expect(proxy.requests == ["CONNECT registry.invalid:5000 HTTP/1.1"])
            }
        }
    }

    @Test("referrers come from the API's pages where there is one, else from the fallback tag, else there are none")
    func referrers() async throws {
        let subject = Digest(hashing: [1])
        func page(_ byte: UInt8) -> String {
            let digest = Digest(hashing: [byte])
            return #"{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"\#(digest)","size":1}]}"#
        }
        let (first, second) = (page(1), page(2))
        let next = "/v2/team/app/referrers/\(subject)?last=1"
        try await FaultyRegistry.with({ request, _, good in
            guard request.path.contains("/referrers/") else { return good() }
            return request.query.isEmpty ? .json(first, ["Link": "<\(next)>; rel=\"next\""]) : .json(second)
        }) { registry in
            let reference = try registry.reference()
            let found = try await withClient { try await $0.referrers(of: subject, in: reference) }
            #expect(found.map(\.digest) == [Digest(hashing: [1]), Digest(hashing: [2])])
        }
        try await FaultyRegistry.with { registry in
            let reference = try registry.reference()
            try await withClient { client in
                let none = try await client.referrers(of: subject, in: reference)
                #expect(none.isEmpty)
                registry.add(manifest: Array(first.utf8), type: MediaType.index, tag: "sha256-\(subject.hex)")
                #expect(try await client.referrers(of: subject, in: reference).map(\.digest) == [Digest(hashing: [1])])
            }
        }
    }

    @Test("a list whose pages never end is read so far and no further")
    func endlessPages() async throws {
        try await FaultyRegistry.with({ request, count, good in
            guard request.path == "/v2/_catalog" else { return .init(404) }
            return .json(#"{"repositories":["a\#(count)"]}"#, ["Link": "</v2/_catalog?p=\(count)>; rel=next"])
        }) { registry in
            let found = try await withClient { try await $0.search("a", on: registry.name, limit: 1000) }
            #expect(found.count == 32)
        }
    }

    @Test("a list that goes on at another place is refused")
    func strangePages() async throws {
        try await FaultyRegistry.with({ request, count, good in
            guard request.path == "/v2/_catalog" else { return .init(404) }
            return .json(#"{"repositories":[]}"#, ["Link": "<http://127.0.0.1:9/>; rel=next"])
        }) { registry in
            let reason = try await failureMessage(.registry) {
                try await withClient { try await $0.search("a", on: registry.name, limit: 10) }
            }
            #expect(reason.contains("continues a list at another place, http://127.0.0.1:9"))
        }
    }

    @Test("a search asks the search API, and takes no more than was asked for")
    func search() async throws {
        try await FaultyRegistry.with({ request, _, _ in
            guard request.path == "/v1/search" else { return .init(404) }
            return .json(
                #"""
                {"results":[{"name":"a","description":"d","star_count":7,"is_official":true,"is_automated":false},
                {"name":"b"},{"name":"c"}]}
                """#
            )
        }) { registry in
            let found = try await withClient { try await $0.search("x y", on: registry.name, limit: 2) }
            #expect(
                found == [
                    SearchResult(name: "a", description: "d", stars: 7, isOfficial: true), SearchResult(name: "b"),
                ]
            )
            #expect(registry.requests[0].query == "q=x%20y&n=2")
        }
    }

    @Test("a registry with neither search nor catalog says so")
    func noSearch() async throws {
        try await FaultyRegistry.with({ _, _, _ in .init(404) }) { registry in
            let reason = try await failureMessage(.unsupported) {
                try await withClient { try await $0.search("x", on: registry.name, limit: 2) }
            }
            #expect(reason.hasSuffix("offers no search and no catalog (name the image itself)"))
        }
    }
}
