import Hypervisor

/// Which images are asked for most, recent requests counting most.
///
/// Bounded: of more images than it holds, those that were asked for least are forgotten.
struct ImageRanking: Sendable {
    private struct Entry {
        var score = 0.0
        var backOff = BackOff()
    }

    static let capacity = 64
    /// Who has a machine already keeps it until somebody else is this much more popular: a machine that comes and goes
    /// with each request would cost more than it saves.
    private static let loyalty = 1.5

    private let configuration: PoolConfiguration
    private var entries: [ImageKey: Entry] = [:]
    private var decayed: ContinuousClock.Instant

    init(_ configuration: PoolConfiguration, now: ContinuousClock.Instant) {
        self.configuration = configuration
        decayed = now
    }

    func contains(_ key: ImageKey) -> Bool { entries[key] != nil }

    mutating func note(_ key: ImageKey, now: ContinuousClock.Instant) {
        decay(to: now)
        if entries[key] == nil, entries.count >= Self.capacity { forgetLeast() }
        entries[key, default: Entry()].score += 1
    }

    /// - Returns: whether it is the first failure since the last success.
    mutating func failed(_ key: ImageKey, now: ContinuousClock.Instant) -> Bool {
        let configuration = configuration
        entries[key]?.backOff.fail(now, configuration)
        return entries[key]?.backOff.failures == 1
    }

    mutating func succeeded(_ key: ImageKey) { entries[key]?.backOff.succeed() }

    func mayTry(_ key: ImageKey, _ now: ContinuousClock.Instant) -> Bool { entries[key]?.backOff.isOver(now) ?? false }

    /// When images that failed may be tried again.
    var ends: [ContinuousClock.Instant] { entries.values.compactMap(\.backOff.until) }

    /// Halves the scores for each half-life that has passed.
    mutating func decay(to now: ContinuousClock.Instant) {
        let halfLife = Duration.seconds(configuration.imageHalfLifeSeconds)
        var halvings = 0
        while decayed + halfLife <= now {
            decayed += halfLife
            halvings += 1
            // After 64 halvings nothing is left of any score.
            if halvings > 64 { decayed = now }
        }
        guard halvings > 0 else { return }
        for key in Array(entries.keys) { entries[key]?.score /= Double(1 << min(halvings, 62)) }
        entries = entries.filter { $0.value.score > 0.01 || !$0.value.backOff.isOver(now) }
    }

    /// Deals a number of machines out, one after the other to whoever has most requests for each machine it would have.
    func deal(
        _ count: Int,
        holding held: [ImageKey: Int],
        among isWanted: (ImageKey) -> Bool
    ) -> [ImageKey: Int] {
        var dealt: [ImageKey: Int] = [:]
        let candidates = entries.filter { isWanted($0.key) }.sorted { Self.order($0.key) < Self.order($1.key) }
        for _ in 0..<count {
            var best: (key: ImageKey, claim: Double)?
            for (key, entry) in candidates {
                let given = dealt[key, default: 0]
                let keeps = given < held[key, default: 0]
                let claim = entry.score / Double(given + 1) * (keeps ? Self.loyalty : 1)
                guard claim >= Double(configuration.imageRequests), claim > best?.claim ?? 0 else { continue }
                best = (key, claim)
            }
            guard let best else { break }
            dealt[best.key, default: 0] += 1
        }
        return dealt
    }

    private mutating func forgetLeast() {
        let least = entries.min {
            ($0.value.score, Self.order($0.key)) < ($1.value.score, Self.order($1.key))
        }
        if let least { entries[least.key] = nil }
    }

    /// Among equals the order is always the same.
    private static func order(_ key: ImageKey) -> String {
        let shape = key.kind.shape
        return "\(key.project)\n\(key.image)\n\(key.program)\n\(shape.memory)\n\(shape.processors)"
    }
}
