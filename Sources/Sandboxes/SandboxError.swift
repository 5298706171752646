/// Why a sandbox could not do what was asked of it.
package struct SandboxError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    package enum Code: Sendable {
        /// The guest did not answer in time.
        case timeout
        /// The channel to the guest ended.
        case disconnected
        /// The guest said something that the protocol does not allow.
        case protocolViolation
        /// Host and guest speak no common version.
        case version
        /// The guest is not who it was told to be, or is a copy of another.
        case identity
        /// The request names something that cannot be.
        case invalid
    }

    /// The kind.
    package let code: Code
    /// One sentence for the user.
    package let message: String

    /// Describes a failure.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
