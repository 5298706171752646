/// Why a virtual machine, its kernel or its monitor could not do what was asked.
package struct HypervisorError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is, for callers that act on it.
    package enum Code: Sendable, Hashable {
        /// A program, a kernel or a file that is needed is not there.
        case missing
        /// What was given cannot be used.
        case invalid
        /// The virtual machine is not running, or not any more.
        case gone
        /// Something did not happen within its bound.
        case timeout
        /// The other side broke its protocol or refused.
        case refused
        /// The host could not do its part.
        case host
    }

    /// What kind of failure it is.
    package let code: Code
    /// One sentence for people: it names the object and the remedy.
    package let message: String
    /// What lay beneath, for the log.
    package let cause: (any Error)?

    /// Makes an error; the message reaches the user, the cause only the log.
    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}
