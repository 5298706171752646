import AgentProtocol

/// What a pod that runs uses, as its own kernel counts it.
package struct PodUsage: Codable, Sendable, Equatable {
    /// When it was asked, in nanoseconds since 1970.
    package let time: Int64
    /// Nanoseconds of processor time, and of these in user space.
    package let processor, processorUser: UInt64
    /// Bytes of memory, the page cache included, and the most that they have been.
    package let memory, memoryPeak: UInt64
    /// Bytes that the container may use: its limit, or all that its machine has.
    package let memoryLimit: UInt64
    /// Kills for want of memory.
    package let outOfMemoryKills: UInt64
    /// Processes and threads.
    package let processes: UInt64

    init(_ statistics: PodStatistics, at time: Int64) {
        self.time = time
        let container = statistics.containers.first
        processor = Self.nanoseconds(container?.cpuUsage)
        processorUser = min(processor, Self.nanoseconds(container?.cpuUser))
        memory = container?.memory ?? 0
        memoryPeak = container?.memoryPeak ?? 0
        memoryLimit = min(container?.memoryLimit ?? .max, statistics.memoryTotal)
        outOfMemoryKills = container?.oomKills ?? 0
        processes = container?.processes ?? 0
    }

    /// A guest may say anything.
    private static func nanoseconds(_ microseconds: UInt64?) -> UInt64 { min(microseconds ?? 0, .max / 1000) * 1000 }
}
