package import Pool

/// How templates and pool are, as the daemon tells it.
package struct PoolReport: Codable, Sendable, Hashable {
    /// Whether everything that is wanted is there.
    package let isReady: Bool
    /// Idle machines without and with an image.
    package let idle, idleWithImage: Int
    /// Templates that are there.
    package let templates: Int
    /// Requests that got an idle machine, without and with their image.
    package let hits, affineHits: UInt64
    /// Requests that got a clone, and those that got a machine booted for them.
    package let templateStarts, coldStarts: UInt64
    /// Machines and templates that failed.
    package let failures: UInt64
    /// The same and more in Prometheus' text format.
    package let prometheus: String

    /// Puts together what a pool tells of itself.
    package init(_ metrics: PoolMetrics, isReady: Bool) {
        self.isReady = isReady
        idle = metrics.idle
        idleWithImage = metrics.idleWithImage
        templates = metrics.templates.count
        hits = metrics.counters.hits
        affineHits = metrics.counters.affineHits
        templateStarts = metrics.counters.templateStarts
        coldStarts = metrics.counters.coldStarts
        failures = metrics.counters.failures
        prometheus = metrics.prometheus
    }
}
