/// The time by which the pool lives; tests bring their own.
package struct PoolClock: Sendable {
    /// The time now.
    package let now: @Sendable () -> ContinuousClock.Instant
    /// Waits until a point in time; throws when it is cancelled.
    package let sleep: @Sendable (ContinuousClock.Instant) async throws -> Void

    /// Makes a clock of its two parts.
    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    /// The machine's own.
    package static let continuous = PoolClock {
        ContinuousClock.now
    } sleep: {
        try await Task.sleep(until: $0, clock: .continuous)
    }
}
