import Linux
import Pods
import SystemPackage

/// Connects the user's terminal or pipes with a process of a pod.
struct ProcessRelay {
    /// How a connection came to its end.
    enum Outcome: Sendable {
        /// The process ended.
        case ended(PodExit)
        /// The user left; the process goes on.
        case detached

        /// What the command ends with.
        var exitCode: Int32 {
            switch self {
            case .ended(let exit): exit.code
            case .detached: 0
            }
        }
    }

    /// The signal after which nothing is left to forward, and how often a user has to ask for it with Ctrl-C: the
    /// first process of a container ignores signals that it has no handler for.
    private static let (kill, interruptsUntilKill) = (UInt8(9), 3)

    /// The user's ends of the three standard streams.
    struct Descriptors: Sendable {
        var input: Int32 = 0
        var output: Int32 = 1
        var error: Int32 = 2
    }

    private let terminal: Bool
    private let passesInput: Bool
    private let detachKeys: DetachKeys
    private let user: Descriptors
    private let trace: Trace?

    /// - Parameters:
    ///   - terminal: whether the process has one.
    ///   - trace: what collects the phases that the session tells of.
    init(
        terminal: Bool,
        passesInput: Bool,
        detachKeys: String,
        user: Descriptors = Descriptors(),
        trace: Trace? = nil
    ) throws {
        self.trace = trace
        self.terminal = terminal
        self.passesInput = passesInput
        self.detachKeys = try DetachKeys(parsing: detachKeys)
        self.user = user
        guard !terminal || !passesInput || isTerminal(user.input) else {
            throw UsageError("standard input is not a terminal (leave out -t)")
        }
    }

    /// Takes the options of `run` and `exec`.
    init(_ options: ProcessOptions, trace: Trace? = nil) throws {
        try self.init(
            terminal: options.tty,
            passesInput: options.interactive,
            detachKeys: options.detachKeys,
            trace: trace
        )
    }

    /// The size of the user's terminal.
    var size: (rows: UInt16, columns: UInt16) {
        let size = WindowSize(of: user.input) ?? WindowSize(of: user.output) ?? WindowSize(rows: 24, columns: 80)
        return (size.rows, size.columns)
    }

    /// Passes everything on, both ways, until the process ends or the user leaves.
    func run(_ session: PodSession) async throws -> Outcome {
        let events = await TerminalEvents()
        guard terminal, passesInput else { return try await relay(session, events) }
        return try await withRawTerminal(user.input) { try await relay(session, events) }
    }

    /// The same with events from elsewhere than the process's signals.
    func relay(
        _ session: PodSession,
        _ events: some AsyncSequence<TerminalEvent, Never> & Sendable
    ) async throws -> Outcome {
        try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { .ended(try await output(of: session)) }
            group.addTask { try await pass(events, to: session) }
            if passesInput { group.addTask { try await input(to: session) } }
            defer { group.cancelAll() }
            while let finished = try await group.next() {
                if let outcome = finished { return outcome }
            }
            throw CancellationError()
        }
    }

    // MARK: Output

    private func output(of session: PodSession) async throws -> PodExit {
        let output = try StandardOutput(descriptor: user.output)
        let error = try StandardOutput(descriptor: user.error)
        var exit: PodExit?
        var isRead = true
        // The attendant closes the connection when nothing of the pod's run is left.
        for try await event in session.events {
            do {
                switch event {
                case .started: break
                case .trace(let spans): trace?.add(spans)
                case .output(let bytes): if isRead { try await output.write(bytes) }
                case .error(let bytes): try await error.write(bytes)
                case .ended(let status): exit = status
                }
            } catch let failure as LinuxError where failure.errno == .brokenPipe {
                // Whoever read our output is gone: as in a pipeline, the writer goes too.
                isRead = false
                try? await session.signal(Self.kill)
            }
        }
        guard let exit else {
            throw PodsError(
                .node,
                "the container's attendant was lost (see \"apus ps\"; \"apus attach\" comes back to it)"
            )
        }
        return exit
    }

    // MARK: Input

    private func input(to session: PodSession) async throws -> Outcome? {
        var scanner = DetachScanner(detachKeys)
        for try await bytes in try StandardInput(descriptor: user.input) {
            guard terminal else {
                try await send(bytes, to: session)
                continue
            }
            let (passed, isDetached) = scanner.feed(bytes)
            try await send(passed, to: session)
            if isDetached { return .detached }
        }
        if terminal { try await send(scanner.finish(), to: session) }
        try? await session.finishInput()
        return nil
    }

    /// A process that has ended reads nothing more; that is its exit's matter, not an error of ours.
    private func send(_ bytes: [UInt8], to session: PodSession) async throws {
        guard !bytes.isEmpty else { return }
        do {
            try await session.write(bytes)
        } catch let error as CancellationError {
            throw error
        } catch {
            return
        }
    }

    // MARK: Signals

    private func pass(
        _ events: some AsyncSequence<TerminalEvent, Never> & Sendable,
        to session: PodSession
    ) async throws -> Outcome? {
        var interrupts = 0
        for await event in events {
            switch event {
            case .resized(let size): try? await session.resize(rows: size.rows, columns: size.columns)
            // Whoever closes a terminal's window leaves its process running, as with Docker.
            case .signal where terminal: return .detached
            case .signal(let number):
                interrupts += number == 2 || number == 15 ? 1 : 0
                let forced = interrupts >= Self.interruptsUntilKill
                try? await session.signal(forced ? Self.kill : UInt8(truncatingIfNeeded: number))
            }
        }
        return nil
    }
}
