import AgentProtocol
import Sandboxes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AgentRequestTests {
    private static func read(_ path: String) -> Request {
        .readFile(FileRange(container: "main", path: path, offset: 0, count: 64))
    }

    @Test("each asker gets its own answer, in whatever order the guest answers")
    func outOfOrder() async throws {
        let paths = (0..<20).map { "/file\($0)" }
        try await withGuest { guest in
            try guest.welcome()
            var asked: [(UInt32, String)] = []
            for _ in paths {
                guard case (let id, .readFile(let range)) = try guest.request() else { throw FakeGuest.Ended() }
                asked.append((id, range.path))
            }
            for (id, path) in asked.reversed() {
                try guest.answer(id, .file(FileContent(bytes: Array(path.utf8), size: 9)))
            }
            try guest.waitForEnd()
        } host: { client in
            try await withThrowingDiscardingTaskGroup { group in
                for path in paths {
                    group.addTask {
                        let expected = Response.file(FileContent(bytes: Array(path.utf8), size: 9))
                        let answer = try await client.request(Self.read(path))
                        #expect(answer == expected)
                    }
                }
            }
        }
    }

    @Test("what the guest cannot do is thrown with its stage and error number")
    func failure() async throws {
        let failure = AgentFailure(.notFound, stage: "open /nowhere", errno: 2)
        try await withGuest { guest in
            try guest.welcome()
            try guest.answer(try guest.request().id, .failure(failure))
            try guest.waitForEnd()
        } host: { client in
            let error = await #expect(throws: AgentFailure.self) { try await client.request(Self.read("/nowhere")) }
            #expect(error == failure)
        }
    }

    @Test("an answer that comes too late is nobody's, and the next request gets its own")
    func late() async throws {
        try await withGuest { guest in
            try guest.welcome()
            let first = try guest.request().id
            let second = try guest.request().id
            try guest.answer(first, .failure(AgentFailure(.state, stage: "late")))
            try guest.answer(second)
            try guest.waitForEnd()
        } host: { client in
            let error = await #expect(throws: SandboxError.self) {
                try await client.request(.statistics, patience: .milliseconds(50))
            }
            #expect(error?.code == .timeout)
            try await client.request(.statistics)
        }
    }

    @Test("a cancelled asker stops waiting at once, and the channel stays usable")
    func cancellation() async throws {
        let (seen, sight) = AsyncStream.makeStream(of: Void.self)
        try await withGuest { guest in
            try guest.welcome()
            _ = try guest.request()
            sight.finish()
            try guest.answer(try guest.request().id)
            try guest.waitForEnd()
        } host: { client in
            await withThrowingTaskGroup(of: Response.self) { group in
                group.addTask { try await client.request(.statistics) }
                for await _ in seen {}
                group.cancelAll()
                await #expect(throws: CancellationError.self) { _ = try await group.next() }
            }
            try await client.request(.statistics)
        }
    }

    @Test("a request that no message can hold is refused before it is sent")
    func tooLarge() async throws {
        try await withGuest { guest in
            try guest.welcome()
            guard case (let id, .statistics) = try guest.request() else { throw FakeGuest.Ended() }
            try guest.answer(id)
            try guest.waitForEnd()
        } host: { client in
            let argument = String(repeating: "x", count: ProtocolLimits.string)
            let process = ProcessSpec(id: 2, arguments: [String](repeating: argument, count: 9))
            let error = await #expect(throws: SandboxError.self) {
                try await client.execute(process, in: "main")
            }
            #expect(error?.code == .invalid)
            #expect(error?.message.contains("1024 KiB") == true)
            try await client.request(.statistics)
        }
    }

    @Test("a request of many frames arrives whole between others")
    func manyFrames() async throws {
        let argument = String(repeating: "x", count: 100_000)
        try await withGuest { guest in
            try guest.welcome()
            for _ in 0..<8 {
                let (id, request) = try guest.request()
                if case .execute(_, let process) = request { #expect(process.arguments == [argument]) }
                try guest.answer(id)
            }
            try guest.waitForEnd()
        } host: { client in
            try await withThrowingDiscardingTaskGroup { group in
                for id in UInt32(2)..<6 {
                    group.addTask {
                        _ = try await client.execute(ProcessSpec(id: id, arguments: [argument]), in: "main")
                    }
                    group.addTask { try await client.request(.statistics) }
                }
            }
        }
    }

    @Test("when the channel ends, everybody who waits learns it, and so does everybody who comes later")
    func disconnection() async throws {
        let inherited = ProcessStatus(process: 7, container: "main", isInit: false, exit: nil)
        try await withGuest { guest in
            try guest.welcome([inherited])
            try guest.start()
            _ = try guest.request()
        } host: { client in
            let process = try await client.create(.sample())
            await withDiscardingTaskGroup { group in
                group.addTask { await expectDisconnection { try await client.request(.statistics) } }
                group.addTask { await expectDisconnection { try await process.wait() } }
                group.addTask { for await _ in process.output { Issue.record("there was no output") } }
                // Its window is never opened again, so it waits until the end.
                group.addTask { try? await process.write(pattern(ProtocolLimits.inputWindow * 2)) }
            }
            await expectDisconnection { try await client.request(.statistics) }
            await expectDisconnection { try await client.create(.sample(8)) }
            await expectDisconnection { try await client.takeOver(inherited, outputStart: 0, errorStart: 0) }
        }
    }

    @Test("the body's own error ends the connection and comes out unchanged")
    func bodyFails() async throws {
        struct Own: Error {}
        await #expect(throws: Own.self) {
            try await withGuest { guest in
                try guest.welcome()
                try guest.waitForEnd()
            } host: { _ in
                throw Own()
            }
        }
    }

    private func expectDisconnection(_ body: () async throws -> some Any) async {
        let error = await #expect(throws: SandboxError.self) { _ = try await body() }
        #expect(error?.code == .disconnected)
    }
}
