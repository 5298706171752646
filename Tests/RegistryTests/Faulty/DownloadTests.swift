import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

@Suite("Downloads from registries that misbehave")
struct DownloadTests {
    private static let blob = Blob.pattern(3 << 20)

    /// Downloads the blob into a folder of its own.
    private func download(
        _ script: @escaping FaultyRegistry.Script,
        blob: [UInt8] = DownloadTests.blob,
        prefix: [UInt8]? = nil,
        policy: RetryPolicy = .impatient(),
        _ check: (FaultyRegistry, FilePath, Result<Progress, any Error>) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try await FaultyRegistry.with(script) { registry in
                registry.add(blob: blob)
                let file = folder.appending("blob")
                if let prefix { try Blob.write(prefix, to: file) }
                let progress = Progress()
                let result: Result<Progress, any Error>
                do {
                    try await withClient(policy: policy) { client in
                        try await client.download(Descriptor(blob), of: registry.reference(), to: file) {
                            progress.add($0)
                        }
                    }
                    result = .success(progress)
                } catch {
                    result = .failure(error)
                }
                try await check(registry, file, result)
            }
        }
    }

    private func holds(_ file: FilePath, _ bytes: some Sequence<UInt8>) throws -> Bool {
        try Blob.read(file) == Array(bytes)
    }

    @Test("a blob arrives whole, and progress only grows")
    func whole() async throws {
        try await download({ _, _, good in good() }) { registry, file, result in
            let progress = try result.get().all
            #expect(progress == progress.sorted() && progress.last == 3 << 20)
            #expect(try holds(file, Self.blob))
            #expect(registry.requests("GET").allSatisfy { $0.header("user-agent")?.hasPrefix("apus/") == true })
        }
    }

    @Test("a dropped connection is taken up where it broke", arguments: [1, 1_000_000, (3 << 20) - 1])
    func resumes(_ cut: Int) async throws {
        try await download({ _, count, good in
            var answer = good()
            if count == 0 { answer.cutAt = cut }
            return answer
        }) { registry, file, result in
            let progress = try result.get().all
            #expect(try holds(file, Self.blob))
            // What had not come out of the connection's own buffers when it broke does not count.
            let asked = registry.requests("GET", "/blobs/").map { $0.header("range") }
            let start = Int64(asked.last??.dropFirst(6).dropLast() ?? "0") ?? -1
            #expect(asked.count == 2 && start <= cut && progress.contains(start))
            #expect(progress == progress.sorted() && (cut < 1_000_000 || start > 0))
        }
    }

    @Test("what an earlier download left is not asked for again")
    func prefix() async throws {
        try await download({ _, _, good in good() }, prefix: Array(Self.blob.prefix(12345))) { registry, file, result in
            let progress = try result.get().all
            #expect(progress.first == 12345)
            #expect(try holds(file, Self.blob))
            #expect(registry.requests("GET", "/blobs/").map { $0.header("range") } == ["bytes=12345-"])
        }
    }

    @Test("a file that is whole already costs no request")
    func complete() async throws {
        try await download({ _, _, good in good() }, prefix: Self.blob) { registry, _, result in
            _ = try result.get()
            #expect(registry.requests.isEmpty)
        }
    }

    @Test("a wrong or too long beginning is thrown away", arguments: [12345, 3 << 20, (3 << 20) + 1])
    func wrongPrefix(_ count: Int) async throws {
        try await download({ _, _, good in good() }, prefix: Blob.pattern(count, seed: 7)) { _, file, result in
            _ = try result.get()
            #expect(try holds(file, Self.blob))
        }
    }

    @Test("a registry that ignores ranges sends everything again")
    func ignoresRange() async throws {
        try await download({ request, count, good in
            var answer = good()
            if request.header("range") != nil { answer = .init(200, body: Self.blob) }
            if count == 0 { answer.cutAt = 1000 }
            return answer
        }) { registry, file, result in
            _ = try result.get()
            #expect(try holds(file, Self.blob))
            #expect(registry.requests("GET", "/blobs/").count == 2)
        }
    }

    @Test(
        "a registry that answers the rest with nonsense is asked for the whole",
        arguments: [
            FaultyRegistry.Answer(416), .init(206), .init(206, ["Content-Range": "bytes 0-9/10"], body: [1]),
            .init(206, ["Content-Range": "bytes 1000-9/10"]),
        ]
    )
    func badRest(_ bad: FaultyRegistry.Answer) async throws {
        try await download({ request, count, good in
            guard request.header("range") == nil else { return bad }
            var answer = good()
            if count == 0 { answer.cutAt = 1000 }
            return answer
        }) { registry, file, result in
            _ = try result.get()
            #expect(try holds(file, Self.blob))
            #expect(registry.requests("GET", "/blobs/").map { $0.header("range") != nil } == [false, true, false])
        }
    }

    @Test("a connection that always breaks is given up after the allowed tries, and the beginning stays")
    func alwaysCut() async throws {
        let blob = Blob.pattern(200)
        try await download(
            { request, _, good in
                var answer = good()
                answer.cutAt = request.header("range") == nil ? 100 : 0
                return answer
            },
            blob: blob
        ) { registry, file, result in
            let name = try registry.reference()
            let reason = try await failureMessage(.unreachable) { try result.get() }
            #expect(
                reason == "cannot pull \"\(name)\": the registry sent 100 of 200 bytes of blob"
                    + " \(Digest(hashing: blob)) (5 tries)"
            )
            #expect(registry.requests("GET", "/blobs/").count == 5)
            #expect(try holds(file, blob.prefix(100)))
        }
    }

    @Test("a flipped byte never stays in the file: the blob is fetched once more, then given up")
    func corrupt() async throws {
        for isLasting in [false, true] {
            try await download({ _, count, good in
                var answer = good()
                if isLasting || count == 0 { answer.body[2_000_000] ^= 1 }
                return answer
            }) { registry, file, result in
                #expect(registry.requests("GET", "/blobs/").count == 2)
                guard isLasting else {
                    _ = try result.get()
                    return #expect(try holds(file, Self.blob))
                }
                let reason = try await failureMessage(.digestMismatch) { try result.get() }
                #expect(
                    reason.hasSuffix("other bytes than those of blob \(Digest(hashing: Self.blob)) (tell its operator)")
                )
                #expect(try holds(file, []))
            }
        }
    }

    @Test("a length that is not the blob's is refused before a byte is taken", arguments: [-1, 1])
    func wrongLength(_ difference: Int) async throws {
        try await download({ _, _, good in
            var answer = good()
            answer.announced = answer.body.count + difference
            return answer
        }) { registry, file, result in
            let reason = try await failureMessage(.registry) { try result.get() }
            #expect(reason.contains("announces \((3 << 20) + difference) bytes for blob"))
            #expect(try holds(file, []))
            #expect(registry.requests("GET", "/blobs/").count == 1)
        }
    }

    @Test("more bytes than promised are never written")
    func tooMany() async throws {
        try await download({ _, _, good in
            var answer = good()
            answer.body += Blob.pattern(3 << 20)
            answer.isChunked = true
            return answer
        }) { _, file, result in
            let reason = try await failureMessage(.registry) { try result.get() }
            #expect(reason.contains("more than the \(3 << 20) bytes"))
            #expect(try Blob.read(file).count <= 3 << 20)
        }
    }

    @Test("a body in chunks that ends early is told from a whole one")
    func shortChunks() async throws {
        try await download({ _, count, good in
            var answer = good()
            if count == 0 { answer.body.removeLast() }
            answer.isChunked = true
            return answer
        }) { registry, file, result in
            _ = try result.get()
            #expect(try holds(file, Self.blob))
            #expect(registry.requests("GET", "/blobs/").count == 2)
        }
    }

    @Test("a busy registry is asked again when it likes", arguments: [429, 503])
    func retryAfter(_ status: Int) async throws {
        let waits = Waits()
        try await download(
            { _, count, good in
                count < 2 ? .init(status, ["Retry-After": "7"]) : good()
            },
            policy: .impatient(waits)
        ) { _, file, result in
            _ = try result.get()
            #expect(waits.all == [.seconds(7), .seconds(7)])
            #expect(try holds(file, Self.blob))
        }
    }

    @Test("a registry that never answers is given up in time")
    func silence() async throws {
        var policy = RetryPolicy.impatient()
        policy.attempts = 2
        policy.headTimeout = .milliseconds(300)
        try await download({ _, _, _ in .silence }, policy: policy) { registry, _, result in
            let reason = try await failureMessage(.unreachable) { try result.get() }
            #expect(reason.contains("does not answer in time (check that it runs"))
            #expect(reason.hasSuffix("(2 tries)"))
            // On a busy machine the time may be over before the request is there.
            #expect(registry.requests("GET", "/blobs/").count <= 2)
        }
    }

    @Test("a transfer that stands still is taken up again")
    func stall() async throws {
        var policy = RetryPolicy.impatient()
        policy.idleTimeout = .seconds(1)
        let blob = Blob.pattern(2000)
        try await download(
            { _, count, good in
                var answer = good()
                if count == 0 { answer.stallsAt = 1000 }
                return answer
            },
            blob: blob,
            policy: policy
        ) { registry, file, result in
            _ = try result.get()
            #expect(try holds(file, blob))
            let asked = registry.requests("GET", "/blobs/").map { $0.header("range") }
            // On a busy machine the time may be over before the first byte is there.
            #expect(asked.count >= 2 && asked.allSatisfy { $0 == nil || $0 == "bytes=1000-" })
        }
    }

    @Test("cancellation ends a download that waits, and is no registry's fault")
    func cancellation() async throws {
        try await withTemporaryFolder { folder in
            let (asked, asking) = AsyncStream.makeStream(of: Void.self)
            try await FaultyRegistry.with({ _, _, _ in
                asking.finish()
                return .silence
            }) { registry in
                let reference = try registry.reference()
                await #expect(throws: CancellationError.self) {
                    try await withThrowingTaskGroup { group in
                        group.addTask {
                            try await withClient { client in
                                let file = folder.appending("blob")
                                try await client.download(Descriptor(Self.blob), of: reference, to: file) { _ in }
                            }
                        }
                        for await _ in asked {}
                        group.cancelAll()
                        try await group.waitForAll()
                    }
                }
            }
        }
    }

    @Test("a blob that the registry lost is named")
    func missing() async throws {
        try await download({ _, _, _ in .init(404) }) { registry, _, result in
            let reason = try await failureMessage(.notFound) { try result.get() }
            #expect(reason.contains("does not have blob \(Digest(hashing: Self.blob)) (push the image again)"))
            #expect(registry.requests.count == 1)
        }
    }
}
