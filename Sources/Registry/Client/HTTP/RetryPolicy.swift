/// How often and how patiently a registry is asked.
package struct RetryPolicy: Sendable {
    /// How many times one thing is tried.
    package var attempts = 5
    /// The wait after the first failure; it doubles with each further one.
    package var base = Duration.milliseconds(500)
    /// The longest wait of our own choice.
    package var cap = Duration.seconds(10)
    /// The longest wait that a registry may ask for (`Retry-After`); one that asks for more has failed.
    package var longestRetryAfter = Duration.seconds(60)
    /// How long a connection may take to stand, TLS included.
    package var connectTimeout = Duration.seconds(10)
    /// How long an answer may take to begin.
    package var headTimeout = Duration.seconds(30)
    /// How long a transfer may stand still.
    ///
    /// Downloads have no limit as a whole, because a slow one is no failure.
    package var idleTimeout = Duration.seconds(60)
    /// How many bytes one request of an upload carries.
    package var uploadChunk: Int64 = 16 << 20
    /// Waits.
    package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// The time, by which tokens expire.
    package var now: @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    /// A number from 0 to 1, which spreads the tries of many clients.
    package var random: @Sendable () -> Double = { Double.random(in: 0...1) }

    package init() {}

    /// What people are used to.
    package static let standard = RetryPolicy()

    /// How long to wait after so many failures: between half and the whole of the doubled base.
    func backOff(after failures: Int) -> Duration {
        let doubled = base * Double(UInt64(1) << UInt64(min(max(failures - 1, 0), 20)))
        return min(doubled, cap) * (0.5 + 0.5 * random())
    }

    /// Tries something until it succeeds, fails for good, or was tried often enough.
    ///
    /// A failure that brought bytes does not count: what moves on will end.
    func trying<Success>(_ body: () async throws -> Success) async throws -> Success {
        var failures = 0
        while true {
            do {
                return try await body()
            } catch let failure as RegistryFailure where failure.heals {
                try Task.checkCancellation()
                failures = failure.progressed ? 1 : failures + 1
                guard failures < attempts else { throw failure.afterTries(failures) }
                try await sleep(try wait(after: failures, failure))
            }
        }
    }

    private func wait(after failures: Int, _ failure: RegistryFailure) throws(RegistryFailure) -> Duration {
        guard let asked = failure.retryAfter else { return backOff(after: failures) }
        guard asked <= longestRetryAfter else {
            throw RegistryFailure(
                failure.code,
                "\(failure.reason); it asks to come back in \(asked.components.seconds) seconds"
            )
        }
        return asked
    }
}
