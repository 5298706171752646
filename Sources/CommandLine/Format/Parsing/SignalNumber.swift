import Linux

/// A signal as `kill` takes it.
package struct SignalNumber: Equatable, Sendable {
    /// The number on Linux for x86-64 and arm64.
    package let rawValue: Int32

    /// Reads `KILL`, `SIGKILL`, `9` or `SIGRTMIN+1`, in any case.
    package init(parsing text: String) throws(UsageError) {
        guard let number = SignalName.number(text) else {
            throw UsageError("there is no signal \(quoted(text)) (use a name such as TERM, or a number from 1 to 64)")
        }
        rawValue = Int32(number)
    }
}
