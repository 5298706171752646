import AgentProtocol
import Sandboxes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AgentTakeOverTests {
    private static let running = ProcessStatus(process: 1, container: "main", isInit: true, exit: nil)

    @Test("a new host gets what the old one had not made safe, and nothing twice")
    func output() async throws {
        try await withGuest(fresh: false) { guest in
            try guest.welcome([Self.running])
            #expect(try guest.credit() == StreamCredit(stream: .output(1), acknowledged: 6, limit: 6 + 256 * 1024))
            #expect(try guest.credit() == StreamCredit(stream: .error(1), acknowledged: 2, limit: 2 + 256 * 1024))
            // The guest may have kept more than this host needs.
            try guest.write("hello ", to: .output(1))
            try guest.write("lo world", to: .output(1), at: 3, end: true)
            try guest.write("", to: .error(1), at: 2, end: true)
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.takeOver(
                try #require(client.inheritedProcesses.first),
                outputStart: 6,
                errorStart: 2
            )
            var pieces: [String] = []
            for await chunk in process.output {
                pieces.append("\(chunk.offset) \(String(decoding: chunk.bytes, as: UTF8.self))")
            }
            #expect(pieces == ["6 world"])
        }
    }

    @Test("an exit that nobody heard of is told again")
    func exit() async throws {
        var ended = Self.running
        ended.exit = ExitStatus(code: 0, signal: 9, outOfMemory: true)
        try await withGuest(fresh: false) { [ended] guest in
            try guest.welcome([ended])
            try guest.waitForEnd()
        } host: { client in
            let status = try #require(client.inheritedProcesses.first)
            let exit = try await client.takeOver(status, outputStart: 0, errorStart: 0).wait()
            #expect(exit.shellCode == 137)
            #expect(exit.outOfMemory)
        }
    }

    @Test("an exit between the greeting and the taking over is not lost")
    func exitMeanwhile() async throws {
        try await withGuest(fresh: false) { guest in
            try guest.welcome([Self.running])
            try guest.exit(1, code: 4)
            try guest.answer(try guest.request().id)
            try guest.waitForEnd()
        } host: { client in
            let old = try #require(client.inheritedProcesses.first)
            // Its answer comes behind the exit.
            try await client.request(.statistics)
            #expect(try await client.takeOver(old, outputStart: 0, errorStart: 0).wait().code == 4)
        }
    }

    @Test("input goes on where the guest says that it is")
    func input() async throws {
        let credit = StreamCredit(stream: .input(1), acknowledged: 7, limit: 10)
        try await withGuest(fresh: false) { guest in
            try guest.welcome([Self.running], inputs: [credit])
            _ = (try guest.credit(), try guest.credit())
            let first = try guest.data()
            #expect(first.offset == 7)
            #expect(first.bytes == Array("abc".utf8))
            try guest.send(StreamCredit(stream: .input(1), acknowledged: 10, limit: 20).frame)
            let second = try guest.data()
            #expect(second.offset == 10)
            #expect(second.bytes == Array("def".utf8))
            #expect(second.end)
            try guest.exit(1)
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.takeOver(Self.running, outputStart: 0, errorStart: 0)
            try await process.write(Array("abcdef".utf8))
            process.finishInput()
            _ = try await process.wait()
        }
    }

    @Test("an input that the last host has ended can be taken over, and takes no more")
    func endedInput() async throws {
        // The end counts as one more byte.
        let credit = StreamCredit(stream: .input(1), acknowledged: 8, limit: 20)
        try await withGuest(fresh: false) { guest in
            try guest.welcome([Self.running], inputs: [credit])
            try guest.exit(1)
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.takeOver(Self.running, outputStart: 0, errorStart: 0)
            process.finishInput()
            #expect(try await process.wait().code == 0)
        }
    }

    @Test("a process that was forgotten is in no list any more, and what the guest still says of it does no harm")
    func forget() async throws {
        try await withGuest(fresh: false) { guest in
            try guest.welcome([Self.running])
            guard case (let id, .forget(1)) = try guest.request() else { throw FakeGuest.Ended() }
            try guest.answer(id)
            let next = try guest.request().id
            try guest.send(StreamCredit(stream: .input(1), acknowledged: 50, limit: 90).frame)
            try guest.write("x", to: .output(1), at: 99)
            try guest.answer(next)
            try guest.exit(2, code: 6)
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.takeOver(Self.running, outputStart: 0, errorStart: 0)
            #expect(client.inheritedProcesses.count == 1)
            try await client.forget(process)
            #expect(client.inheritedProcesses.isEmpty)
            let next = try await client.create(.sample(client.unusedProcessID()))
            #expect(try await next.wait().code == 6)
        }
    }

    @Test("numbers for new processes are never those of old ones, however many ask at once")
    func unusedNumbers() async throws {
        let old = [1, 2, 3, 5].map { ProcessStatus(process: $0, container: "main", isInit: false, exit: nil) }
        let numbers = try await withGuest(fresh: false) { guest in
            try guest.welcome(old)
            try guest.waitForEnd()
        } host: { client in
            await withTaskGroup(of: UInt32.self) { group in
                for _ in 0..<100 { group.addTask { client.unusedProcessID() } }
                return await group.reduce(into: Set<UInt32>()) { $0.insert($1) }
            }
        }
        #expect(numbers.count == 100)
        #expect(numbers.isDisjoint(with: [0, 1, 2, 3, 5]))
    }
}
