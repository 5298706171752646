import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

@Suite("Uploads to registries that misbehave")
struct UploadTests {
    private static let blob = Blob.pattern(1_000_000)

    private static var policy: RetryPolicy {
        var policy = RetryPolicy.impatient()
        policy.uploadChunk = 300_000
        return policy
    }

    private func upload(
        _ script: @escaping FaultyRegistry.Script = { _, _, good in good() },
        cut: @escaping FaultyRegistry.Cut = { _, _ in nil },
        blob: [UInt8] = UploadTests.blob,
        mountFrom: [String] = [],
        _ check: (FaultyRegistry, Result<RegistryClient.UploadOutcome, any Error>, [Int64]) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try await FaultyRegistry.with(script, cut: cut) { registry in
                let file = folder.appending("blob")
                try Blob.write(blob, to: file)
                let progress = Progress()
                let result: Result<RegistryClient.UploadOutcome, any Error>
                do {
                    let sources = try mountFrom.map { try registry.reference($0) }
                    result = .success(
                        try await withClient(policy: Self.policy) { client in
                            try await client.upload(
                                Descriptor(blob),
                                from: file,
                                to: registry.reference(),
                                mountFrom: sources
                            ) { progress.add($0) }
                        }
                    )
                } catch {
                    result = .failure(error)
                }
                try await check(registry, result, progress.all)
            }
        }
    }

    private func has(_ registry: FaultyRegistry, _ blob: [UInt8] = UploadTests.blob) -> Bool {
        registry.blob("\(Digest(hashing: blob))") == blob
    }

    @Test("a blob goes up in parts, each where the last answer said")
    func parts() async throws {
        try await upload { registry, result, progress in
            let outcome = try result.get()
            #expect(outcome == .uploaded)
            #expect(has(registry))
            let parts = registry.requests("PATCH")
            #expect(
                parts.map { $0.header("content-range") }
                    == ["0-299999", "300000-599999", "600000-899999", "900000-999999"]
            )
            #expect(parts.map(\.query) == ["state=0", "state=300000", "state=600000", "state=900000"])
            #expect(registry.requests("PUT")[0].query.hasPrefix("state=1000000&digest=sha256%3A"))
            #expect(progress == [300_000, 600_000, 900_000, 1_000_000, 1_000_000])
        }
    }

    @Test("an empty blob goes up too")
    func empty() async throws {
        try await upload(blob: []) { registry, result, _ in
            let outcome = try result.get()
            #expect(outcome == .uploaded)
            #expect(has(registry, []))
        }
    }

    @Test("a part that breaks off is continued where the registry stands")
    func resumes() async throws {
        try await upload(cut: { request, count in request.method == "PATCH" && count == 1 ? 100_000 : nil }) {
            registry,
            result,
            _ in
            let outcome = try result.get()
            #expect(outcome == .uploaded)
            #expect(has(registry))
            #expect(registry.requests("POST").count == 1)
            #expect(
                registry.requests("PATCH").map { $0.header("content-range") }
                    == ["0-299999", "300000-599999", "400000-699999", "700000-999999"]
            )
        }
    }

    @Test("an upload that the registry lost begins anew")
    func lost() async throws {
        try await upload(
            { request, _, good in
                request.method == "GET" && request.path.contains("uploads/upload-0") ? .init(404) : good()
            },
            cut: { request, _ in
                request.header("content-range")?.hasPrefix("300000") == true && request.path.hasSuffix("-0") ? 10 : nil
            }
        ) { registry, result, _ in
            let outcome = try result.get()
            #expect(outcome == .uploaded)
            #expect(has(registry))
            #expect(registry.requests("POST").count == 2)
        }
    }

    @Test("a registry that keeps only a part of what it took gets the rest again")
    func keepsLess() async throws {
        try await upload({ request, count, good in
            guard request.method == "PATCH", count == 0 else { return good() }
            // Nothing is stored of the first, and one byte is claimed short of the truth later.
            return .init(202, ["Location": request.uri, "Range": "0-0"])
        }) { registry, result, _ in
            // A claimed single byte cannot be true here, and the digest at the end tells.
            let reason = try await failureMessage(.registry) { try result.get() }
            #expect(reason.contains("digest_invalid"))
        }
    }

    @Test("a registry that takes no parts gets the whole in one request", arguments: [405, 416, 501])
    func whole(_ status: Int) async throws {
        try await upload({ request, _, good in request.method == "PATCH" ? .init(status) : good() }) {
            registry,
            result,
            _ in
            let outcome = try result.get()
            #expect(outcome == .uploaded)
            #expect(has(registry))
            #expect(registry.requests("PATCH").count == 1)
            #expect(registry.requests("PUT").map(\.body.count) == [1_000_000])
        }
    }

    @Test("a whole that breaks off is sent again from its beginning")
    func wholeAgain() async throws {
        try await upload(
            { request, _, good in request.method == "PATCH" ? .init(405) : good() },
            cut: { request, _ in request.method == "PUT" && request.path.hasSuffix("upload-1") ? 1000 : nil }
        ) { registry, result, _ in
            let outcome = try result.get()
            #expect(outcome == .uploaded)
            #expect(has(registry))
        }
    }

    @Test("an upload whose last answer was lost is found to be done")
    func lostAnswer() async throws {
        try await upload({ request, _, good in
            guard request.method == "PUT" else { return good() }
            var answer = good()
            answer.body = [1, 2]
            answer.status = 503
            return answer
        }) { registry, result, _ in
            let outcome = try result.get()
            #expect(outcome == .uploaded)
            #expect(registry.requests("PUT").count == 1 && has(registry))
        }
    }

    @Test("a blob that is there is not sent")
    func existed() async throws {
        try await upload({ request, _, good in request.method == "HEAD" ? .init(200) : good() }) {
            registry,
            result,
            _ in
            let outcome = try result.get()
            #expect(outcome == .existed)
            #expect(registry.requests.count == 1)
        }
    }

    @Test("a blob that another repository has is taken over, and otherwise the upload that began is used")
    func mounts() async throws {
        try await upload(
            { request, _, good in request.query.contains("from=b") ? .init(201) : good() },
            mountFrom: ["a", "b"]
        ) { registry, result, _ in
            let outcome = try result.get()
            #expect(outcome == .mounted(from: "b"))
            #expect(registry.requests("PATCH").isEmpty)
        }
        try await upload(mountFrom: ["a"]) { registry, result, _ in
            let outcome = try result.get()
            #expect(outcome == .uploaded)
            #expect(registry.requests("POST").count == 1 && has(registry))
        }
        try await upload(
            { request, _, good in request.query.contains("from=") ? .init(403) : good() },
            mountFrom: ["a", "team/app"]
        ) { registry, result, _ in
            let outcome = try result.get()
            #expect(outcome == .uploaded)
            #expect(registry.requests("POST").map(\.query).filter { $0.contains("from=") }.count == 1)
        }
    }

    @Test("a file of another length is refused before anything is sent")
    func wrongFile() async throws {
        try await withTemporaryFolder { folder in
            try await FaultyRegistry.with { registry in
                let file = folder.appending("blob")
                try Blob.write([1, 2, 3], to: file)
                let reference = try registry.reference()
                let reason = try await failureMessage(.damaged) {
                    try await withClient { client in
                        try await client.upload(Descriptor(Self.blob), from: file, to: reference, mountFrom: []) { _ in
                        }
                    }
                }
                #expect(reason.contains("has 3 bytes, and blob"))
                #expect(registry.requests.isEmpty)
            }
        }
    }

    @Test("an upload elsewhere never gets the login")
    func elsewhere() async throws {
        try await FaultyRegistry.with({ request, _, _ in
            request.method == "PUT" ? .init(201) : .init(202)
        }) { storage in
            let location = "http://\(storage.name)/store?signature=1"
            let script: FaultyRegistry.Script = { request, _, good in
                guard request.header("authorization") != nil else {
                    return .init(401, ["WWW-Authenticate": "Basic realm=x"])
                }
                return request.method == "POST" ? .init(202, ["Location": location]) : good()
            }
            try await withTemporaryFolder { folder in
                try await FaultyRegistry.with(script) { registry in
                    let file = folder.appending("blob")
                    try Blob.write(Self.blob, to: file)
                    let login = RegistryCredentials.password(user: "u", password: "p")
                    let source = OneLogin(registry: registry.name, login: login)
                    let reference = try registry.reference()
                    _ = try await withClient(credentials: source) { client in
                        try await client.upload(Descriptor(Self.blob), from: file, to: reference, mountFrom: []) { _ in
                        }
                    }
                }
            }
            #expect(storage.requests.map(\.method) == ["PATCH", "PUT"])
            #expect(storage.requests.allSatisfy { $0.header("authorization") == nil })
        }
    }

    @Test("a manifest that the registry stored as something else is refused")
    func manifestDigest() async throws {
        let manifest = Array(#"{"layers":[]}"#.utf8)
        let other = Digest(hashing: [1])
        try await FaultyRegistry.with({ request, count, good in
            count == 0 ? good() : .init(201, ["Docker-Content-Digest": "\(other)"])
        }) { registry in
            let reference = try registry.reference()
            try await withClient { client in
                let digest = try await client.upload(manifest: manifest, mediaType: MediaType.manifest, to: reference)
                #expect(digest == Digest(hashing: manifest))
                let reason = try await failureMessage(.digestMismatch) {
                    try await client.upload(manifest: manifest, mediaType: MediaType.manifest, to: reference)
                }
                #expect(reason.contains("says that it stored \(other)"))
            }
            #expect(registry.requests("PUT")[0].header("content-type") == MediaType.manifest)
        }
    }
}
