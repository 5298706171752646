/// Why a machine or a template could not be made or handed out.
package struct PoolError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is, for callers that act on it.
    package enum Code: Sendable, Hashable {
        /// A setting cannot be used.
        case invalid
        /// Another daemon has the pool's folder.
        case inUse
        /// A template does not fit what is installed any more.
        case stale
        /// A clone could not be started, or not be made unique and ready.
        case clone
        /// A clone could not be given an image; its template is not to blame.
        case image
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

    package var description: String { cause.map { "\(message) (\($0))" } ?? message }
}
