import OCI
import Registry
import TestSupport
import Testing

@Suite("Manifests from registries that misbehave")
struct ManifestTests {
    private static let blob = Blob.pattern(100)
    private static let manifest = Array(
        #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#.utf8
    )

    private func fetch(
        _ script: @escaping FaultyRegistry.Script = { _, _, good in good() },
        _ name: String = "team/app:v1",
        manifest: [UInt8] = ManifestTests.manifest,
        type: String = MediaType.manifest
    ) async throws -> FetchedManifest {
        try await FaultyRegistry.with(script) { registry in
            registry.add(manifest: manifest, type: type, tag: "v1")
            let reference = try registry.reference(name)
            return try await withClient { try await $0.manifest(reference) }
        }
    }

    @Test("a manifest comes by tag and by digest, and the digest wins")
    func fetches() async throws {
        let digest = Digest(hashing: Self.manifest)
        for name in ["team/app:v1", "team/app@\(digest)", "team/app:other@\(digest)"] {
            let fetched = try await fetch({ _, _, good in good() }, name)
            #expect(fetched.bytes == Self.manifest)
            #expect(fetched.descriptor == Descriptor(of: Self.manifest, mediaType: MediaType.manifest))
        }
    }

    @Test(
        "the document's own word about its type comes first, then the registry's if it fits, then its fields",
        arguments: [
            (
                #"{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#, MediaType.dockerManifest,
                MediaType.index
            ),
            (#"{"manifests":[]}"#, "application/json", MediaType.index),
            (#"{"manifests":[]}"#, MediaType.dockerList + "; charset=utf-8", MediaType.dockerList),
            (#"{"manifests":[]}"#, MediaType.dockerManifest, MediaType.index),
            (#"{"layers":[]}"#, MediaType.dockerManifest, MediaType.dockerManifest),
            (#"{"layers":[]}"#, "text/html", MediaType.manifest),
        ]
    )
    func types(_ document: String, _ claim: String, _ type: String) async throws {
        let fetched = try await fetch(manifest: Array(document.utf8), type: claim)
        #expect(fetched.descriptor.mediaType == type)
    }

    @Test("all readable types are asked for")
    func accepts() async throws {
        try await FaultyRegistry.with { registry in
            registry.add(manifest: Self.manifest, type: MediaType.manifest, tag: "v1")
            let reference = try registry.reference()
            _ = try await withClient { try await $0.manifest(reference) }
            let accepted = registry.requests[0].headers.filter { $0.name == "accept" }.map(\.value)
            #expect(accepted == MediaType.readable)
        }
    }

    @Test("bytes that are not the digest's, or not those of the claimed one, are refused")
    func mismatch() async throws {
        let digest = Digest(hashing: Self.manifest)
        for name in ["team/app:v1", "team/app@\(digest)"] {
            let reason = try await failureMessage(.digestMismatch) {
                try await fetch(
                    { _, _, good in
                        var answer = good()
                        answer.body.append(0x20)
                        return answer
                    },
                    name
                )
            }
            #expect(reason.contains("for \(digest)"))
        }
    }

    @Test("a manifest that an index lists has exactly its length and digest")
    func listed() async throws {
        try await FaultyRegistry.with({ _, count, good in
            var answer = good()
            if count == 1 { answer.body[5] ^= 1 }
            if count == 2 { answer.body.append(0x20) }
            return answer
        }) { registry in
            registry.add(manifest: Self.manifest, type: MediaType.manifest, tag: "v1")
            let descriptor = Descriptor(of: Self.manifest, mediaType: MediaType.manifest)
            let reference = try registry.reference()
            try await withClient { client in
                #expect(try await client.manifest(descriptor, of: reference) == Self.manifest)
                _ = try await failureMessage(.digestMismatch) { try await client.manifest(descriptor, of: reference) }
                _ = try await failureMessage(.registry) { try await client.manifest(descriptor, of: reference) }
                var huge = descriptor
                huge.size = 5 << 20
                _ = try await failureMessage(.refused) { try await client.manifest(huge, of: reference) }
            }
            #expect(registry.requests.count == 3)
        }
    }

    @Test("a document without end is not read to its end", arguments: [true, false])
    func tooLarge(_ isChunked: Bool) async throws {
        let reason = try await failureMessage(.registry) {
            try await fetch { _, _, _ in
                var answer = FaultyRegistry.Answer(200, body: .init(repeating: 0x20, count: (4 << 20) + 1))
                answer.isChunked = isChunked
                return answer
            }
        }
        #expect(reason.contains("is larger than the 4194304 bytes that are read of it"))
    }

    @Test("a head without end is not read to its end")
    func hugeHead() async throws {
        let reason = try await failureMessage(.registry) {
            try await fetch { _, _, good in
                var answer = good()
                answer.headers["X-Long"] = String(repeating: "a", count: 1 << 20)
                return answer
            }
        }
        #expect(reason.contains("with a head that is too large"))
    }

    @Test("Docker's first schema is refused by name")
    func schemaOne() async throws {
        let reason = try await failureMessage(.unsupported) {
            try await fetch(manifest: Array(#"{"schemaVersion":1}"#.utf8))
        }
        #expect(reason.contains("schema 1"))
    }

    struct Refusal: Sendable {
        let answer: FaultyRegistry.Answer
        let code: ImageError.Code
        let reason: String
    }

    @Test(
        "a refusal says what is wrong and what to do",
        arguments: [
            Refusal(
                answer: .init(404),
                code: .notFound,
                reason: "the registry has no such image (check the name and tag)"
            ),
            Refusal(
                answer: .init(401, ["WWW-Authenticate": "Basic realm=x"]),
                code: .unauthorized,
                reason: #"registry "NAME" needs a login (run "apus login NAME")"#
            ),
            Refusal(
                answer: .problem(403, code: "DENIED", message: #"not\u001b[31m yours"#),
                code: .unauthorized,
                reason:
                    #"registry "NAME" denies access: "denied: not?[31m yours" (check the name, or run "apus login NAME")"#
            ),
            Refusal(
                answer: .problem(400, code: "NAME_INVALID", message: "x"),
                code: .registry,
                reason: #"registry "NAME" answers with status 400: "name_invalid: x""#
            ),
            Refusal(
                answer: .init(500),
                code: .unreachable,
                reason: #"registry "NAME" has a problem of its own, status 500 (try again later) (5 tries)"#
            ),
        ]
    )
    func refusals(_ refusal: Refusal) async throws {
        try await FaultyRegistry.with({ _, _, _ in refusal.answer }) { registry in
            let reference = try registry.reference()
            let reason = try await failureMessage(refusal.code) {
                try await withClient { try await $0.manifest(reference) }
            }
            #expect(
                reason == "cannot pull \"\(reference)\": \(refusal.reason.replacing("NAME", with: registry.name))"
            )
        }
    }

    @Test("an error's text is read and shown only so far")
    func longError() async throws {
        let text = #"{"errors":[{"code":"X","message":"\#(String(repeating: "a", count: 60_000))"}]}"#
        let reason = try await failureMessage(.registry) {
            try await fetch { _, _, _ in .json(text, status: 400) }
        }
        #expect(reason.utf8.count < 400)
        let endless = try await failureMessage(.registry) {
            try await fetch { _, _, _ in .init(400, body: .init(repeating: 0x7b, count: 10 << 20)) }
        }
        #expect(endless.hasSuffix("answers with status 400"))
    }

    @Test("a registry that nobody runs is named with its remedy")
    func refused() async throws {
        try await withDeadPort { port in
            let reference = try ImageReference("127.0.0.1:\(port)/app:v1")
            let reason = try await failureMessage(.unreachable) {
                try await withClient { try await $0.manifest(reference) }
            }
            #expect(
                reason == "cannot pull \"\(reference)\": http://127.0.0.1:\(port) is not reached: connection refused"
                    + " (check that it runs and that the network reaches it) (5 tries)"
            )
        }
    }

    @Test("small blobs are exactly what was described, and small")
    func blobs() async throws {
        try await FaultyRegistry.with({ _, count, good in
            var answer = good()
            if count == 1 { answer.body[0] ^= 1 }
            return answer
        }) { registry in
            registry.add(blob: Self.blob)
            let reference = try registry.reference()
            let descriptor = Descriptor(Self.blob)
            try await withClient { client in
                #expect(try await client.blob(descriptor, of: reference) == Self.blob)
                _ = try await failureMessage(.digestMismatch) { try await client.blob(descriptor, of: reference) }
                var huge = descriptor
                huge.size = (8 << 20) + 1
                _ = try await failureMessage(.refused) { try await client.blob(huge, of: reference) }
                #expect(try await client.hasBlob(descriptor.digest, in: reference))
                #expect(try await !client.hasBlob(Digest(hashing: [1]), in: reference))
            }
        }
    }
}
