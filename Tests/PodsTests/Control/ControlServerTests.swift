import Linux
import Sandboxes
import SystemPackage
import TestSupport
import Testing

@testable import Pods

/// What serves a client in a test.
typealias ControlHandler = @Sendable (ControlFrames, ControlConnection) async throws -> Void

/// Serves a socket with the real server while a body runs.
func withControlServer<Result: Sendable>(
    _ handle: @escaping ControlHandler,
    _ body: @escaping @Sendable (FilePath, ControlServer) async throws -> Result
) async throws -> Result {
    try await withTemporaryFolder { folder in
        let path = folder.appending("pod.sock")
        let server = try await ControlServer.bind(try UnixSocket.listen(path))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await server.serve(handle) }
            defer { group.cancelAll() }
            return try await body(path, server)
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ControlServerTests {
    private static let exit = PodExit(code: 3, outOfMemory: true, error: "why", finished: 5)

    @Test("a session gets its process's output by stream, and its end, and then the connection's")
    func output() async throws {
        try await withControlServer { frames, client in
            var frames = frames.makeAsyncIterator()
            #expect(try await frames.next() == .request(try JSON.encode(ControlRequest.attach)))
            try await client.send(.started)
            try await client.send(.output(Array("out".utf8)))
            try await client.send(.error(Array("err".utf8)))
            try await client.send(.ended(try JSON.encode(Self.exit)))
        } _: { path, _ in
            var events: [PodSession.Event] = []
            try await PodSession.with(socket: path, .attach) { session in
                for try await event in session.events { events.append(event) }
            }
            #expect(events == [.started, .output(Array("out".utf8)), .error(Array("err".utf8)), .ended(Self.exit)])
        }
    }

    @Test("what a session sends arrives in its order, large input in pieces")
    func input() async throws {
        let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let seen = Observed([ControlFrame]())
        try await withControlServer { frames, client in
            for try await frame in frames {
                seen.update { $0.append(frame) }
                if frame == .inputEnd { return try await client.send(.started) }
            }
        } _: { path, _ in
            try await PodSession.with(socket: path, .signal(1)) { session in
                try await session.resize(rows: 5, columns: 6)
                try await session.write(content)
                try await session.signal(15)
                try await session.finishInput()
                for try await _ in session.events {}
            }
        }
        var frames = seen.value
        #expect(frames.removeFirst() == .request(try JSON.encode(ControlRequest.signal(1))))
        #expect(frames.removeFirst() == .resize(rows: 5, columns: 6))
        #expect(frames.removeLast() == .inputEnd)
        #expect(frames.removeLast() == .signal(15))
        let pieces = frames.map { if case .input(let bytes) = $0 { bytes } else { [UInt8]() } }
        #expect(pieces.count == 4)
        let isWhole = pieces.flatMap { $0 } == content
        #expect(isWhole)
    }

    @Test("a failure is thrown as what it was")
    func failure() async throws {
        try await withControlServer { frames, client in
            for try await _ in frames {
                let failure = PodsError(.commandNotFound, "command \"x\" not found")
                return try await client.send(.failed(try JSON.encode(ControlFailure(failure))))
            }
        } _: { path, _ in
            let error = await #expect(throws: PodsError.self) {
                try await PodSession.with(socket: path, .attach) { session in
                    for try await _ in session.events { Issue.record("a failure is no event") }
                }
            }
            #expect(error?.code == .commandNotFound)
            #expect(error?.message == "command \"x\" not found")
        }
    }

    @Test("a handler that fails costs its own client the connection, and no other")
    func failingHandler() async throws {
        struct Own: Error {}
        try await withControlServer { frames, client in
            for try await frame in frames {
                guard frame == .request(try JSON.encode(ControlRequest.attach)) else { throw Own() }
                return try await client.send(.started)
            }
        } _: { path, _ in
            for (request, expected) in [(ControlRequest.signal(1), []), (.attach, [.started])]
                as [(ControlRequest, [PodSession.Event])]
            {
                var events: [PodSession.Event] = []
                try await PodSession.with(socket: path, request) { session in
                    for try await event in session.events { events.append(event) }
                }
                #expect(events == expected)
            }
        }
    }

    @Test("a client that has sent everything and closed its side still gets its answer")
    func halfClose() async throws {
        try await withControlServer { frames, client in
            var count = 0
            for try await _ in frames { count += 1 }
            try await client.send(.output([UInt8](repeating: UInt8(count), count: 300_000)))
        } _: { path, _ in
            let answer = try await onThread {
                let socket = try BlockingSocket.connect(to: path)
                try socket.write(ControlFrame.request([1]).encoded + ControlFrame.inputEnd.encoded)
                socket.endWriting()
                return try socket.readToEnd()
            }
            let isWhole = answer == ControlFrame.output([UInt8](repeating: 2, count: 300_000)).encoded
            #expect(isWhole)
        }
    }

    @Test("a client that begins to read when its handler has returned still gets everything")
    func slowReader() async throws {
        // More than the kernel takes for a socket that nobody reads, so that the channel holds the rest.
        let content = [UInt8](repeating: 5, count: 1 << 20)
        let isSent = Observed(false)
        try await withControlServer { _, client in
            try await client.send(.output(content))
            isSent.update { $0 = true }
        } _: { path, _ in
            let count = try await PodSession.with(socket: path, .attach) { session in
                try await isSent.wait { $0 }
                var count = 0
                for try await event in session.events {
                    if case .output(let bytes) = event { count += bytes.count }
                }
                return count
            }
            #expect(count == content.count)
        }
    }

    @Test("a client that sends nonsense is cut off, and the next is served")
    func nonsense() async throws {
        try await withControlServer { frames, client in
            for try await _ in frames { try await client.send(.started) }
        } _: { path, _ in
            let answers = try await onThread {
                try [[UInt8](repeating: 0xEE, count: 100), ControlFrame.request([]).encoded].map { bytes in
                    let socket = try BlockingSocket.connect(to: path)
                    try socket.write(bytes)
                    socket.endWriting()
                    // Unread nonsense may turn the end into a reset.
                    return (try? socket.readToEnd()) ?? []
                }
            }
            #expect(answers == [[], ControlFrame.started.encoded])
        }
    }

    @Test(
        "an attendant that sends nonsense, or what only clients may, is an error of one sentence",
        arguments: [true, false]
    )
    func hostileServer(isNonsense: Bool) async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("pod.sock")
            try await withSocketServer(at: path) { listener in
                let socket = try listener.accept()
                try socket.write(isNonsense ? [99, 0, 0, 0, 0] : ControlFrame.inputEnd.encoded)
                _ = try? socket.readToEnd()
            } client: {
                let error = await #expect(throws: PodsError.self) {
                    try await PodSession.with(socket: path, .attach) { session in
                        for try await _ in session.events { Issue.record("nonsense is no event") }
                    }
                }
                #expect(error?.message.hasSuffix("does not speak our protocol") == true)
            }
        }
    }

    @Test("an attendant that dies amid a frame ends the events without one")
    func tornFrame() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("pod.sock")
            try await withSocketServer(at: path) { listener in
                let socket = try listener.accept()
                try socket.write(ControlFrame.started.encoded + ControlFrame.output([1, 2, 3]).encoded.dropLast())
                socket.endWriting()
                _ = try? socket.readToEnd()
            } client: {
                var events: [PodSession.Event] = []
                try await PodSession.with(socket: path, .attach) { session in
                    for try await event in session.events { events.append(event) }
                }
                #expect(events == [.started])
            }
        }
    }

    @Test("the server knows when its last client has gone")
    func idle() async throws {
        let isDone = Observed(false)
        try await withControlServer { _, client in
            try await client.send(.started)
            try await isDone.wait { $0 }
        } _: { path, server in
            try await PodSession.with(socket: path, .attach) { session in
                for try await event in session.events {
                    #expect(event == .started)
                    isDone.update { $0 = true }
                }
            }
            let clock = ContinuousClock()
            let took = await clock.measure { await server.waitUntilIdle(atMost: .seconds(50)) }
            #expect(took < .seconds(40))
        }
    }

    // MARK: A client's inbox

    @Test("what comes before there is a process waits for it, and the client's end is told")
    func inbox() async throws {
        let seen = Observed([ControlFrame?]())
        try await withControlServer { frames, _ in
            let inbox = ClientInbox()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await inbox.read(frames) }
                #expect(try await inbox.request() == [1])
                inbox.forward { frame in seen.update { $0.append(frame) } }
                try await group.waitForAll()
            }
        } _: { path, _ in
            try await onThread {
                let socket = try BlockingSocket.connect(to: path)
                let frames: [ControlFrame] = [.request([1]), .input([5]), .signal(2), .request([9]), .inputEnd]
                try socket.write(frames.flatMap(\.encoded))
                socket.endWriting()
                _ = try socket.readToEnd()
            }
        }
        #expect(seen.value == [.input([5]), .signal(2), .inputEnd, nil])
    }

    @Test(
        "a client that leaves without a request, or begins with something else, leaves nobody waiting",
        arguments: [[], [.input([1])]] as [[ControlFrame]]
    )
    func noRequest(frames: [ControlFrame]) async throws {
        let request = Observed<[UInt8]??>(.none)
        try await withControlServer { arriving, _ in
            let inbox = ClientInbox()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try? await inbox.read(arriving) }
                let asked = try await inbox.request()
                request.update { $0 = asked }
                group.cancelAll()
            }
        } _: { path, _ in
            try await onThread {
                let socket = try BlockingSocket.connect(to: path)
                try socket.write(frames.flatMap(\.encoded))
                if frames.isEmpty { socket.endWriting() }
                // The server closes first when it has been told nonsense.
                _ = try? socket.readToEnd()
            }
            #expect(try await request.wait { $0 != nil } == .some(.none))
        }
    }
}
