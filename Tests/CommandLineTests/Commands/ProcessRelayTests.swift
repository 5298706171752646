import Linux
import SystemPackage
import TestSupport
import Testing

@testable import CommandLine
@testable import Pods

/// A pod's attendant that follows a script.
struct FakeAttendant {
    let socket: BlockingSocket
    private var decoder = ControlFrameDecoder()

    init(_ socket: BlockingSocket) {
        self.socket = socket
    }

    /// The next frame, or `nil` when the client has gone.
    mutating func next() throws -> ControlFrame? {
        while true {
            if let frame = try decoder.next() { return frame }
            let bytes = try socket.read()
            guard !bytes.isEmpty else { return nil }
            decoder.append(bytes)
        }
    }

    func send(_ frames: ControlFrame...) throws { try socket.write(frames.flatMap(\.encoded)) }

    func end(code: Int32) throws { try send(.ended(try JSON.encode(PodExit(code: code, finished: 0)))) }
}

/// Standard streams of a user, for tests: pipes, and a terminal where one is given.
final class FakeUser {
    let (input, output, error): (TestPipe, TestPipe, TestPipe)
    let terminal: Pseudoterminal?

    init(terminal: Pseudoterminal? = nil) throws {
        (input, output, error) = (try TestPipe(), try TestPipe(), try TestPipe())
        self.terminal = terminal
    }

    func relay(passesInput: Bool = false, detachKeys: String = "ctrl-p,ctrl-q") throws -> ProcessRelay {
        try ProcessRelay(
            terminal: terminal != nil,
            passesInput: passesInput,
            detachKeys: detachKeys,
            user: .init(
                input: (terminal?.program ?? input.reader).rawValue,
                output: output.writer.rawValue,
                error: error.writer.rawValue
            )
        )
    }
}

@Suite("Relay between the user and a process", .timeLimit(.minutes(1)))
struct ProcessRelayTests {
    /// Runs a relay against an attendant's script, which begins behind the request.
    private func run(
        _ relay: ProcessRelay,
        events: AsyncStream<TerminalEvent> = AsyncStream { $0.finish() },
        _ script: @escaping @Sendable (inout FakeAttendant) throws -> Void
    ) async throws -> ProcessRelay.Outcome {
        try await withTemporaryFolder { folder in
            let path = folder.appending("pod.sock")
            return try await withSocketServer(at: path) { listener in
                var attendant = FakeAttendant(try listener.accept())
                #expect(try attendant.next() == .request(try JSON.encode(ControlRequest.attach)))
                try attendant.send(.started)
                try script(&attendant)
            } client: {
                try await PodSession.with(socket: path, .attach) { try await relay.relay($0, events) }
            }
        }
    }

    private func events(_ list: TerminalEvent...) -> AsyncStream<TerminalEvent> {
        let (events, continuation) = AsyncStream.makeStream(of: TerminalEvent.self)
        for event in list { continuation.yield(event) }
        return events
    }

    @Test("the streams stay apart, and the exit code is the process's")
    func output() async throws {
        let user = try FakeUser()
        let outcome = try await run(try user.relay()) { attendant in
            try attendant.send(.output(Array("out".utf8)), .error(Array("err".utf8)), .output(Array("put".utf8)))
            try attendant.end(code: 42)
        }
        #expect(outcome.exitCode == 42)
        #expect(try user.output.reader.take(100) == "output")
        #expect(try user.error.reader.take(100) == "err")
    }

    @Test("standard input goes to the process, with its end")
    func input() async throws {
        let user = try FakeUser()
        try user.input.writer.put("some words")
        try user.input.close(user.input.writer)
        let outcome = try await run(try user.relay(passesInput: true)) { attendant in
            var words: [UInt8] = []
            while case .input(let bytes) = try attendant.next() { words += bytes }
            // What ended the loop is the input's end, else there would be nobody to tell an exit.
            #expect(words == Array("some words".utf8))
            try attendant.end(code: 0)
        }
        #expect(outcome.exitCode == 0)
    }

    @Test("without -i nothing of the user's input is taken")
    func noInput() async throws {
        let user = try FakeUser()
        try user.input.writer.put("for the next program")
        _ = try await run(try user.relay()) { attendant in
            try attendant.end(code: 0)
            attendant.socket.endWriting()
            #expect(try attendant.next() == nil)
        }
        #expect(try user.input.reader.take(100) == "for the next program")
    }

    @Test("the detach keys leave the process running; what was typed before reaches it")
    func detach() async throws {
        let terminal = try Pseudoterminal()
        let user = try FakeUser(terminal: terminal)
        let relay = try user.relay(passesInput: true)
        let outcome = try await withRawTerminal(terminal.program.rawValue) {
            try terminal.user.put("ab\u{10}c\u{10}\u{11}")
            return try await run(relay) { attendant in
                var typed: [UInt8] = []
                while let frame = try attendant.next() {
                    if case .input(let bytes) = frame { typed += bytes }
                    #expect(frame != .inputEnd)
                }
                #expect(typed == Array("ab\u{10}c".utf8))
            }
        }
        guard case .detached = outcome else {
            Issue.record("the user did not get away")
            return
        }
        #expect(outcome.exitCode == 0)
    }

    @Test("signals and sizes reach the process; the third wish to interrupt it is a kill")
    func signals() async throws {
        let user = try FakeUser()
        let size = WindowSize(rows: 50, columns: 132)
        let events = events(.signal(10), .resized(size), .signal(2), .signal(15), .signal(2))
        let outcome = try await run(try user.relay(), events: events) { attendant in
            let expected: [ControlFrame] = [
                .signal(10), .resize(rows: 50, columns: 132), .signal(2), .signal(15), .signal(9),
            ]
            for frame in expected { #expect(try attendant.next() == frame) }
            try attendant.end(code: 137)
        }
        #expect(outcome.exitCode == 137)
    }

    @Test("a terminal that is closed leaves the process running")
    func hangUp() async throws {
        let user = try FakeUser(terminal: try Pseudoterminal())
        let outcome = try await run(try user.relay(), events: events(.signal(1))) { attendant in
            let next = try attendant.next()
            #expect(next == nil)
        }
        #expect(outcome.exitCode == 0)
    }

    @Test("when nobody reads the output any more, the process is killed and its exit code is told")
    func brokenPipe() async throws {
        let user = try FakeUser()
        try user.output.close(user.output.reader)
        let outcome = try await run(try user.relay()) { attendant in
            try attendant.send(.output([1]), .output([2]))
            #expect(try attendant.next() == .signal(9))
            try attendant.end(code: 137)
        }
        #expect(outcome.exitCode == 137)
    }

    @Test("a connection that ends without an exit is an error, and so is a failure")
    func lost() async throws {
        let user = try FakeUser()
        let lost = await #expect(throws: PodsError.self) { _ = try await run(try user.relay()) { _ in } }
        #expect(lost?.message.contains("attendant was lost") == true)
        let failed = await #expect(throws: PodsError.self) {
            _ = try await run(try user.relay()) { attendant in
                try attendant.send(.failed(try JSON.encode(ControlFailure(PodsError(.commandNotFound, "no sh")))))
            }
        }
        #expect(failed?.code == .commandNotFound)
    }

    @Test("a terminal for the process needs one of the user's")
    func noTerminal() throws {
        let pipe = try TestPipe()
        let error = #expect(throws: UsageError.self) {
            try ProcessRelay(
                terminal: true,
                passesInput: true,
                detachKeys: "a",
                user: .init(input: pipe.reader.rawValue)
            )
        }
        #expect(error?.message == "standard input is not a terminal (leave out -t)")
    }

    @Test("the process's terminal begins with the size of the user's")
    func size() throws {
        let user = try FakeUser(terminal: try Pseudoterminal(rows: 11, columns: 22))
        #expect(try user.relay().size == (11, 22))
        #expect(try FakeUser().relay().size == (24, 80))
    }
}
