/// Keeps work that failed from being tried again at once: each failure doubles the delay, up to a cap.
struct BackOff: Sendable {
    private(set) var failures = 0
    private(set) var until: ContinuousClock.Instant?

    /// Whether the work may be tried.
    func isOver(_ now: ContinuousClock.Instant) -> Bool { until.map { $0 <= now } ?? true }

    mutating func fail(_ now: ContinuousClock.Instant, _ configuration: PoolConfiguration) {
        // 22 doublings of the smallest delay are beyond the largest cap.
        let delay = Duration.milliseconds(configuration.backOffMilliseconds) * (1 << min(failures, 22))
        failures += 1
        until = now + min(delay, .seconds(configuration.backOffCapSeconds))
    }

    /// Lets nothing be tried for some time.
    mutating func suspend(until end: ContinuousClock.Instant) { until = end }

    mutating func succeed() { self = BackOff() }
}
