/// What the pool has counted since the daemon started.
package struct PoolCounters: Sendable, Hashable {
    /// Requests that got an idle machine.
    package var hits: UInt64 = 0
    /// Requests that got an idle machine with their image.
    package var affineHits: UInt64 = 0
    /// Requests that got a clone, started for them.
    package var templateStarts: UInt64 = 0
    /// Requests that got a machine booted for them.
    package var coldStarts: UInt64 = 0
    /// Machines and templates that could not be made or handed out, and idle machines that ended by themselves.
    package var failures: UInt64 = 0
    /// Templates that were built.
    package var templatesBuilt: UInt64 = 0

    /// Requests for which no machine waited.
    package var misses: UInt64 { templateStarts + coldStarts }
}

/// How the pool is doing.
package struct PoolMetrics: Sendable, Hashable {
    /// A template.
    package struct Template: Sendable, Hashable {
        /// What its clones are.
        package let kind: MachineKind
        /// How long ago it was built.
        package let age: Duration
        /// How many clones were started.
        package let clones: Int
    }

    /// What was counted.
    package let counters: PoolCounters
    /// Machines that wait without an image.
    package let idle: Int
    /// Machines that wait with one.
    package let idleWithImage: Int
    /// How long the machine that waits longest does; zero if none does.
    package let oldest: Duration
    /// The templates, the most recently requested first.
    package let templates: [Template]
}

extension MachinePool {
    /// How the pool is doing now.
    package var metrics: PoolMetrics {
        let now = clock.now()
        let plain = idle.keys.count { policy.machines[$0]?.image == nil }
        return PoolMetrics(
            counters: counters,
            idle: plain,
            idleWithImage: idle.count - plain,
            oldest: idle.values.map { now - $0.since }.max() ?? .zero,
            templates: policy.templates.map {
                PoolMetrics.Template(kind: $0.kind, age: now - $0.built, clones: $0.clones)
            }
        )
    }
}
