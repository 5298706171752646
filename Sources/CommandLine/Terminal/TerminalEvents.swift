package import UnixSignals

/// Something that the terminal, or whoever sends signals, tells the program.
package enum TerminalEvent: Equatable, Sendable {
    /// The window changed to this size.
    case resized(WindowSize)
    /// A signal came; its number.
    case signal(Int32)
}

/// The signals of the process as a sequence without end; while it is alive they do nothing else.
///
/// Trap them before the work begins that they are to end or steer: until then they have the kernel's effect. One
/// sequence for each signal at a time.
package struct TerminalEvents: AsyncSequence, Sendable {
    package typealias Element = TerminalEvent

    /// What ends a program, what users give a meaning, and the window's size.
    package static let usual: [UnixSignal] = [.sighup, .sigint, .sigquit, .sigterm, .sigusr1, .sigusr2, .sigwinch]

    private let signals: UnixSignalsSequence
    private let terminal: Int32

    /// Traps signals; when it returns, none is missed any more.
    ///
    /// - Parameter terminal: whose size is told when it changes.
    package init(trapping signals: [UnixSignal] = usual, terminal: Int32 = 0) async {
        self.signals = await UnixSignalsSequence(trapping: signals)
        self.terminal = terminal
    }

    /// The one iterator that the signals have; a second call ends the program (`UnixSignalsSequence`'s rule).
    package func makeAsyncIterator() -> AsyncCompactMapSequence<UnixSignalsSequence, TerminalEvent>.Iterator {
        let terminal = terminal
        return signals.compactMap { signal in
            guard signal == .sigwinch else { return .signal(signal.rawValue) }
            return WindowSize(of: terminal).map { .resized($0) }
        }.makeAsyncIterator()
    }
}
