import Glibc
import Synchronization

/// Runs work while a terminal passes on every key at once, unechoed, and interprets none (`cfmakeraw(3)`).
///
/// The terminal gets its settings back when the work ends, however it ends, and at `exit(3)`. Against signals there is
/// no hook: trap them with `TerminalEvents` and cancel the work. The keyboard sends none meanwhile (Ctrl-C is a byte).
/// Without a terminal, or inside another such call for the same one, the work just runs.
package func withRawTerminal<Value>(
    _ descriptor: Int32,
    _ body: () async throws -> Value
) async throws -> Value {
    guard RawTerminals.enter(descriptor) else { return try await body() }
    defer { RawTerminals.leave(descriptor) }
    return try await body()
}

/// The terminals that are raw now, with the settings that they had before.
private enum RawTerminals {
    private static let saved = Mutex<[Int32: termios]>([:])

    /// Registered once, with the first raw terminal.
    private static let restoresAtExit: Void = { _ = atexit { RawTerminals.leaveAll() } }()

    static func enter(_ descriptor: Int32) -> Bool {
        _ = restoresAtExit
        return saved.withLock { saved in
            var settings = termios()
            guard saved[descriptor] == nil, tcgetattr(descriptor, &settings) == 0 else { return false }
            var raw = settings
            cfmakeraw(&raw)
            guard tcsetattr(descriptor, TCSANOW, &raw) == 0 else { return false }
            saved[descriptor] = settings
            return true
        }
    }

    /// At once (`TCSANOW`): waiting for output to drain could block for ever on a terminal that was stopped.
    static func leave(_ descriptor: Int32) {
        saved.withLock { saved in
            guard var settings = saved.removeValue(forKey: descriptor) else { return }
            _ = tcsetattr(descriptor, TCSANOW, &settings)
        }
    }

    /// Another thread may hold the lock for ever, because `exit` runs while it does.
    private static func leaveAll() {
        saved.withLockIfAvailable { saved in
            for (descriptor, var settings) in saved { _ = tcsetattr(descriptor, TCSANOW, &settings) }
        }
    }
}
