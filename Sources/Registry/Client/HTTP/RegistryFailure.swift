import OCI

/// Why one exchange with a registry failed: half a sentence, which the operation puts behind what it was doing.
struct RegistryFailure: Error, Sendable {
    let code: ImageError.Code
    /// It names the object, and the remedy in brackets.
    var reason: String
    var cause: (any Error)?
    /// Whether another try may succeed.
    var heals = false
    /// How long the registry asks to wait.
    var retryAfter: Duration?
    /// The answer's status, if there was an answer.
    var status: UInt?
    /// Whether this try brought enough bytes nearer that the next one starts afresh.
    var progressed = false

    init(
        _ code: ImageError.Code,
        _ reason: String,
        cause: (any Error)? = nil,
        heals: Bool = false,
        status: UInt? = nil
    ) {
        self.code = code
        self.reason = reason
        self.cause = cause
        self.heals = heals
        self.status = status
    }

    /// The failure that the user sees when patience is over.
    func afterTries(_ tries: Int) -> RegistryFailure {
        var failure = self
        if tries > 1 { failure.reason += " (\(tries) tries)" }
        return failure
    }

    /// The whole sentence.
    func error(_ action: String) -> ImageError {
        ImageError(code, "cannot \(action): \(reason)", cause: cause)
    }
}
