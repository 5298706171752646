/// Why a pod could not be made, found or changed.
package struct PodsError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure that front ends tell apart.
    package enum Code: Sendable, Hashable {
        /// There is no such pod.
        case notFound
        /// The name is taken, or the pod is in the way of what was asked.
        case conflict
        /// What was asked for cannot be.
        case invalid
        /// The pod's command does not exist (shells say 127).
        case commandNotFound
        /// The pod's command cannot be executed (shells say 126).
        case commandNotExecutable
        /// The node could not do its part.
        case node
        /// The pod's attendant is about to go: whoever asks again finds the next one.
        case leaving
    }

    /// The kind.
    package let code: Code
    /// One sentence for the user: it names the object and the remedy.
    package let message: String
    /// What lay beneath, for the log.
    package let cause: (any Error)?

    /// Describes a failure.
    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { message }
}
