/// A number of the pool's configuration: its name in a file and its bounds.
struct PoolSetting: Sendable {
    let name: String
    let value: any WritableKeyPath<PoolConfiguration, Int> & Sendable
    let bounds: ClosedRange<Int>

    private init(
        _ name: String,
        _ value: any WritableKeyPath<PoolConfiguration, Int> & Sendable,
        _ bounds: ClosedRange<Int>
    ) {
        (self.name, self.value, self.bounds) = (name, value, bounds)
    }

    /// All of them; the bounds keep sums and products of them far from overflow.
    static let all = [
        PoolSetting("machinesPerShape", \.machinesPerShape, 0...64),
        PoolSetting("imageMachines", \.imageMachines, 0...64),
        PoolSetting("maximumMachines", \.maximumMachines, 0...1024),
        PoolSetting("shapes", \.shapes, 1...64),
        PoolSetting("shapeResidenceSeconds", \.shapeResidenceSeconds, 0...day),
        PoolSetting("imageRequests", \.imageRequests, 1...1000),
        PoolSetting("imageHalfLifeSeconds", \.imageHalfLifeSeconds, 1...7 * day),
        PoolSetting("machineAgeSeconds", \.machineAgeSeconds, 10...7 * day),
        PoolSetting("templateAgeSeconds", \.templateAgeSeconds, 10...30 * day),
        PoolSetting("templateClones", \.templateClones, 1...1_000_000),
        PoolSetting("memoryFloorMiB", \.memoryFloorMiB, 0...(16 << 20)),
        PoolSetting("memoryHeadroomMiB", \.memoryHeadroomMiB, 0...(16 << 20)),
        PoolSetting("memoryCheckSeconds", \.memoryCheckSeconds, 1...3600),
        PoolSetting("refillDelayMilliseconds", \.refillDelayMilliseconds, 0...60_000),
        PoolSetting("backOffMilliseconds", \.backOffMilliseconds, 1...60_000),
        PoolSetting("backOffCapSeconds", \.backOffCapSeconds, 1...3600),
        PoolSetting("surrenderSeconds", \.surrenderSeconds, 1...day),
        PoolSetting("templatePatienceMilliseconds", \.templatePatienceMilliseconds, 0...60_000),
        PoolSetting("warmCycles", \.warmCycles, 0...10),
    ]

    private static let day = 24 * 3600
}
