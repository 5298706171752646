import AgentProtocol
import Sandboxes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AgentProcessTests {
    @Test("output arrives by stream and place, and ends when both streams have")
    func output() async throws {
        try await withGuest { guest in
            try guest.welcome()
            try guest.start()
            try guest.write("one", to: .output(1))
            try guest.write("two", to: .error(1))
            try guest.write("three", to: .output(1), at: 3, end: true)
            try guest.write("", to: .error(1), at: 3, end: true)
            try guest.exit(1, code: 5)
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.create(.sample())
            var pieces: [String] = []
            for await chunk in process.output {
                pieces.append("\(chunk.channel) \(chunk.offset) \(String(decoding: chunk.bytes, as: UTF8.self))")
            }
            #expect(pieces == ["output 0 one", "error 0 two", "output 3 three"])
            #expect(try await process.wait().code == 5)
        }
    }

    @Test("an exit is told whether it comes before the end of the output or after it", arguments: [true, false])
    func exitOrder(exitFirst: Bool) async throws {
        try await withGuest { guest in
            try guest.welcome()
            try guest.start()
            if exitFirst { try guest.exit(1, code: 3) }
            try guest.write("last words", to: .output(1), end: true)
            try guest.write("", to: .error(1), end: true)
            if !exitFirst { try guest.exit(1, code: 3) }
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.create(.sample())
            #expect(await process.text() == "last words")
            #expect(try await process.wait() == ExitStatus(code: 3))
        }
    }

    @Test("the guest learns that a stream is safe to its end only when the last piece is acknowledged")
    func acknowledgedEnd() async throws {
        try await withGuest { guest in
            try guest.welcome()
            try guest.start()
            #expect(try guest.credit().limit == UInt64(ProtocolLimits.retention))
            #expect(try guest.credit().limit == UInt64(ProtocolLimits.retention))
            try guest.write("bye", to: .output(1), end: true)
            try guest.write("", to: .error(1), end: true)
            // The empty stream first: nobody has to acknowledge it.
            let first = try guest.credit()
            #expect(first.stream == .error(1))
            #expect(first.acknowledged == 1)
            try guest.answer(try guest.request().id)
            let second = try guest.credit()
            #expect(second.stream == .output(1))
            #expect(second.acknowledged == 4)
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.create(.sample())
            var chunks: [AgentProcess.Chunk] = []
            for await chunk in process.output { chunks.append(chunk) }
            try await client.request(.statistics)
            for chunk in chunks { process.acknowledge(chunk) }
        }
    }

    @Test("an archive is a process with a number of its own, whose output is the archive")
    func archive() async throws {
        try await withGuest { guest in
            try guest.welcome()
            let (id, request) = try guest.request()
            #expect(request == .archive(process: 2, container: "main", pause: true))
            try guest.answer(id)
            try guest.write("tar", to: .output(2), end: true)
            try guest.write("5 read data/x\n", to: .error(2), end: true)
            try guest.exit(2, code: 1)
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.archive("main", pause: true)
            #expect(await process.text() == "tar")
            #expect(try await process.wait().code == 1)
        }
    }

    @Test("a reader that does not acknowledge stops its own process alone")
    func backPressure() async throws {
        let (slow, quick) = (pattern(1 << 20), pattern(1 << 20, seed: 9))
        try await withGuest { guest in
            try guest.welcome()
            try guest.start(2)
            var pump = GuestPump([(.output(1), slow), (.error(1), []), (.output(2), quick), (.error(2), [])])
            for credit in guest.passedOver { try pump.take(credit) }
            try pump.run(&guest) { $0.isFinished(.output(2)) }
            #expect(pump.sentCount(.output(1)) == ProtocolLimits.retention)
            try pump.run(&guest) { $0.isFinished(.output(1)) }
            try guest.waitForEnd()
        } host: { client in
            let first = try await client.create(.sample(1))
            let second = try await client.execute(ProcessSpec(id: 2, arguments: ["yes"]), in: "main")
            for (process, expected) in [(second, quick), (first, slow)] {
                var bytes: [UInt8] = []
                for await chunk in process.output {
                    #expect(chunk.offset == UInt64(bytes.count))
                    bytes += chunk.bytes
                    process.acknowledge(chunk)
                }
                // A message that shows how a mebibyte differs takes minutes to make.
                let isWhole = bytes == expected
                #expect(isWhole)
            }
        }
    }

    @Test("input is sent as far as the process takes it, whole, in order, and then its end")
    func input() async throws {
        let content = pattern(1 << 20)
        try await withGuest { guest in
            try guest.welcome()
            try guest.start()
            var (taken, stream) = ([UInt8](), IncomingStream(id: .input(1), window: ProtocolLimits.inputWindow))
            var unread = 0
            while !stream.hasEnded {
                switch try guest.next() {
                case .data(let data):
                    // More than the window would be refused here.
                    let fresh = try stream.receive(data)
                    taken += fresh
                    unread += fresh.count
                    // The process reads only once its pipe is full, or at the end.
                    guard unread == ProtocolLimits.inputWindow || data.end else { continue }
                    if let credit = stream.consume(unread) { try guest.send(credit.frame) }
                    unread = 0
                case .credit: continue
                case let item: throw FakeGuest.Unexpected(item: "\(item)")
                }
            }
            let isWhole = taken == content
            #expect(isWhole)
            try guest.exit(1)
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.create(.sample())
            try await process.write(content)
            process.finishInput()
            _ = try await process.wait()
        }
    }

    @Test("whoever writes to a process that ends without reading is not kept waiting")
    func inputOfTheDead() async throws {
        try await withGuest { guest in
            try guest.welcome()
            try guest.start()
            while true {
                guard case .data(let data) = try guest.next() else { continue }
                if data.offset + UInt64(data.bytes.count) == UInt64(ProtocolLimits.inputWindow) { break }
            }
            try guest.exit(1)
            try guest.waitForEnd()
        } host: { client in
            let process = try await client.create(.sample())
            try await process.write(pattern(1 << 20))
            #expect(try await process.wait().code == 0)
        }
    }

    @Test("a process that cannot be started leaves its number free")
    func failedStart() async throws {
        let failure = AgentFailure(.commandNotFound, stage: "execute sh", errno: 2)
        try await withGuest { guest in
            try guest.welcome()
            try guest.answer(try guest.request().id, .failure(failure))
            try guest.start()
            try guest.write("up", to: .output(1), end: true)
            try guest.write("", to: .error(1), end: true)
            try guest.waitForEnd()
        } host: { client in
            let error = await #expect(throws: AgentFailure.self) { try await client.create(.sample()) }
            #expect(error == failure)
            let process = try await client.create(.sample())
            #expect(await process.text() == "up")
        }
    }
}
