import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

@Suite("Debian's registry", .enabled(if: LocalRegistry.isInstalled, "docker-registry, htpasswd or openssl is missing"))
struct LocalRegistryTests {
    private static let layer = Blob.pattern(20 << 20, seed: 3)
    private static let settings = Array("{}".utf8)

    private static var manifest: Manifest {
        var config = Descriptor(settings)
        config.mediaType = MediaType.configuration
        return Manifest(config: config, layers: [Descriptor(layer)])
    }

    /// Pushes the image of this suite.
    ///
    /// - Returns: its manifest's digest, and how its blobs went.
    @discardableResult
    private func push(
        to reference: ImageReference,
        _ client: RegistryClient,
        in folder: FilePath,
        mountFrom: [ImageReference] = []
    ) async throws -> (Digest, [RegistryClient.UploadOutcome]) {
        var outcomes: [RegistryClient.UploadOutcome] = []
        for blob in [Self.layer, Self.settings] {
            let file = folder.appending("push")
            try Blob.write(blob, to: file)
            let descriptor = Descriptor(blob)
            outcomes.append(
                try await client.upload(descriptor, from: file, to: reference, mountFrom: mountFrom) { _ in }
            )
        }
        let manifest = try Self.manifest.blob()
        return (try await client.upload(manifest: manifest, mediaType: MediaType.manifest, to: reference), outcomes)
    }

    /// Pulls the image of this suite, and compares.
    private func pull(_ reference: ImageReference, _ client: RegistryClient, in folder: FilePath) async throws {
        let fetched = try await client.manifest(reference)
        #expect(fetched.bytes == (try Self.manifest.blob()))
        let manifest = try Manifest(blob: fetched.bytes, name: "test")
        let config = try #require(manifest.config)
        #expect(try await client.blob(config, of: reference) == Self.settings)
        let layer = try #require(manifest.layers?.first)
        let file = folder.appending("pull-\(reference.path.split(separator: "/").joined())")
        try await client.download(layer, of: reference, to: file) { _ in }
        let isEqual = try Blob.read(file) == Self.layer
        #expect(isEqual)
    }

    @Test("an image goes there and back, is mounted into another repository, and is found")
    func roundTrip() async throws {
        try await withTemporaryFolder { folder in
            try await LocalRegistry.with { registry in
                try await withClient { client in
                    let (first, second) = (try registry.reference("a/app:v1"), try registry.reference("b/app:v2"))
                    #expect(try await push(to: first, client, in: folder).1 == [.uploaded, .uploaded])
                    #expect(try await push(to: first, client, in: folder).1 == [.existed, .existed])
                    let mounted = try await push(to: second, client, in: folder, mountFrom: [first]).1
                    #expect(mounted == [.mounted(from: "a/app"), .mounted(from: "a/app")])
                    try await pull(first, client, in: folder)
                    try await pull(second, client, in: folder)
                    #expect(try await client.search("B/", on: registry.name, limit: 10).map(\.name) == ["b/app"])
                    let reason = try await failureMessage(.notFound) {
                        try await client.manifest(registry.reference("a/app:v9"))
                    }
                    #expect(
                        reason == "cannot pull \"\(registry.name)/a/app:v9\": the registry has no such image"
                            + " (check the name and tag)"
                    )
                }
            }
        }
    }

    @Test("referrers are kept under the fallback tag, each once")
    func referrers() async throws {
        try await withTemporaryFolder { folder in
            try await LocalRegistry.with { registry in
                try await withClient { client in
                    let reference = try registry.reference()
                    let (subject, _) = try await push(to: reference, client, in: folder)
                    #expect(try await client.referrers(of: subject, in: reference) == [])
                    var signature = Self.manifest
                    signature.artifactType = "application/x-signature"
                    signature.subject = Descriptor(of: try Self.manifest.blob(), mediaType: MediaType.manifest)
                    signature.annotations = ["signed-by": "ann"]
                    let bytes = try signature.blob()
                    let digest = Digest(hashing: bytes)
                    let target = try ImageReference("\(registry.name)/\(reference.path)@\(digest)")
                    for _ in 0..<2 {
                        _ = try await client.upload(manifest: bytes, mediaType: MediaType.manifest, to: target)
                    }
                    let found = try await client.referrers(of: subject, in: reference)
                    #expect(found.map(\.digest) == [digest])
                    #expect(found.first?.artifactType == "application/x-signature")
                    #expect(found.first?.annotation("signed-by") == "ann")
                }
            }
        }
    }

    @Test("a registry that is killed in the middle of a blob, and started again, goes on where it was")
    func killed() async throws {
        try await withTemporaryFolder { folder in
            try await LocalRegistry.with { registry in
                let blob = Blob.pattern(96 << 20)
                let source = folder.appending("source")
                let file = folder.appending("file")
                try Blob.write(blob, to: source)
                let reference = try registry.reference()
                var policy = RetryPolicy.impatient()
                policy.sleep = { _ in try await registry.restart() }
                let progress = Progress()
                try await withClient(policy: policy) { client in
                    _ = try await client.upload(Descriptor(blob), from: source, to: reference, mountFrom: []) { _ in }
                    try await client.download(Descriptor(blob), of: reference, to: file) { count in
                        if progress.all.last == 0 { registry.kill() }
                        progress.add(count)
                    }
                }
                let isEqual = try Blob.read(file) == blob
                #expect(isEqual)
                #expect(progress.all == progress.all.sorted())
            }
        }
    }

    @Test("an upload goes on after the registry was killed in the middle of it")
    func killedUpload() async throws {
        try await withTemporaryFolder { folder in
            try await LocalRegistry.with { registry in
                let file = folder.appending("file")
                try Blob.write(Self.layer, to: file)
                let reference = try registry.reference()
                var policy = RetryPolicy.impatient()
                policy.uploadChunk = 5 << 20
                policy.sleep = { _ in try await registry.restart() }
                let progress = Progress()
                try await withClient(policy: policy) { client in
                    let descriptor = Descriptor(Self.layer)
                    let outcome = try await client.upload(descriptor, from: file, to: reference, mountFrom: []) {
                        if progress.all.isEmpty { registry.kill() }
                        progress.add($0)
                    }
                    #expect(outcome == .uploaded)
                    #expect(try await client.hasBlob(descriptor.digest, in: reference))
                }
            }
        }
    }

    @Test("a registry with a login takes the right one only")
    func login() async throws {
        try await withTemporaryFolder { folder in
            try await LocalRegistry.with(.init(login: ("ann", "pass:word"))) { registry in
                let right = RegistryCredentials.password(user: "ann", password: "pass:word")
                let wrong = RegistryCredentials.password(user: "ann", password: "word")
                try await withClient(credentials: OneLogin(registry: registry.name, login: right)) { client in
                    try await push(to: registry.reference(), client, in: folder)
                    try await pull(registry.reference(), client, in: folder)
                    #expect(try await client.checkLogin(registry: registry.name, right) == right)
                    let reason = try await failureMessage(.unauthorized) {
                        try await client.checkLogin(registry: registry.name, wrong)
                    }
                    #expect(reason.contains("refuses the login"))
                }
                let none = try await failureMessage(.unauthorized) {
                    try await withClient { try await $0.manifest(registry.reference()) }
                }
                #expect(none.hasSuffix("needs a login (run \"apus login \(registry.name)\")"))
            }
        }
    }

    @Test("TLS is checked against the configured authority, or not at all where that is configured")
    func tls() async throws {
        try await withTemporaryFolder { folder in
            try await LocalRegistry.with(.init(isTLS: true)) { registry in
                func configuration(_ security: RegistryEndpoint.Security) -> RegistryConfiguration {
                    let endpoint = RegistryEndpoint(host: "127.0.0.1", port: registry.port, security: security)
                    return RegistryConfiguration(hosts: [registry.name: .init(endpoint: endpoint)])
                }
                let reference = try registry.reference()
                try await withClient(configuration(.verified(authorities: [registry.authority]))) { client in
                    try await push(to: reference, client, in: folder)
                    try await pull(reference, client, in: folder)
                }
                _ = try await withClient(configuration(.unverified)) { try await $0.manifest(reference) }
                let waits = Waits()
                let distrust = try await failureMessage(.unreachable) {
                    try await withClient(configuration(.verified(authorities: [])), policy: .impatient(waits)) {
                        try await $0.manifest(reference)
                    }
                }
                #expect(distrust.contains("shows a certificate that is not trusted") && waits.all.isEmpty)
                let plain = try await failureMessage(.registry) {
                    try await withClient { try await $0.manifest(reference) }
                }
                #expect(plain.contains("status 400"))
                let missing = folder.appending("none.pem")
                let unreadable = try await failureMessage(.invalidArgument) {
                    try await withClient(configuration(.verified(authorities: [missing]))) {
                        try await $0.manifest(reference)
                    }
                }
                #expect(
                    unreadable == "\(missing) cannot be read as certificates of authorities (it must exist and be PEM)"
                )
            }
        }
    }

    @Test("TLS goes through a proxy untouched")
    func tlsThroughProxy() async throws {
        try await withTemporaryFolder { folder in
            try await LocalRegistry.with(.init(isTLS: true)) { registry in
                try await ConnectProxy.with(leadingTo: registry.port) { proxy, port in
                    let endpoint = RegistryEndpoint(host: "registry.invalid", security: .unverified)
                    let configuration = RegistryConfiguration(hosts: ["registry.invalid": .init(endpoint: endpoint)])
                    let environment = ["HTTPS_PROXY": "http://127.0.0.1:\(port)", "NO_PROXY": "elsewhere.invalid"]
                    try await withClient(configuration, environment: environment) { client in
                        let reference = try ImageReference("registry.invalid/app:v1")
                        try await push(to: reference, client, in: folder)
                        try await pull(reference, client, in: folder)
                    }
                    #expect(Set(proxy.requests) == ["CONNECT registry.invalid:443 HTTP/1.1"])
                }
            }
        }
    }

    @Test("a registry that speaks no TLS is told so")
    func plainNotTLS() async throws {
        try await FaultyRegistry.with { registry in
            let endpoint = RegistryEndpoint(host: "127.0.0.1", port: registry.port)
            let configuration = RegistryConfiguration(hosts: [registry.name: .init(endpoint: endpoint)])
            let reason = try await failureMessage(.unreachable) {
                try await withClient(configuration) { try await $0.manifest(registry.reference()) }
            }
            #expect(reason.contains("does not speak TLS (configure it as plain HTTP if that is meant)"))
        }
    }

    @Test("skopeo reads what was pushed, and what it pushes is read", .enabled(if: Shell.has("skopeo")))
    func skopeo() async throws {
        try await withTemporaryFolder { folder in
            try await LocalRegistry.with { registry in
                try await withClient { client in
                    let reference = try registry.reference("a/app:v1")
                    try await push(to: reference, client, in: folder)
                    let raw = try await Shell.run([
                        "skopeo", "inspect", "--raw", "--tls-verify=false", "docker://\(reference)",
                    ])
                    #expect(Array(raw.utf8) == (try Self.manifest.blob()))
                    try await Shell.run([
                        "skopeo", "copy", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false",
                        "docker://\(reference)", "docker://\(registry.name)/b/app:v1",
                    ])
                    try await pull(registry.reference("b/app:v1"), client, in: folder)
                }
            }
        }
    }
}
