/// What a pod uses, as its own kernel counts it (cgroup v2).
package struct PodStatistics: WireEquatable, Sendable, WireCodable {
    /// Bytes of memory that the guest has.
    package var memoryTotal: UInt64
    /// Bytes that could be had without swapping (`MemAvailable`).
    package var memoryAvailable: UInt64
    /// Microseconds since the guest's kernel started.
    package var uptime: UInt64
    /// The containers.
    package var containers: [ContainerStatistics]

    /// Describes a pod's use.
    package init(memoryTotal: UInt64, memoryAvailable: UInt64, uptime: UInt64, containers: [ContainerStatistics]) {
        self.memoryTotal = memoryTotal
        self.memoryAvailable = memoryAvailable
        self.uptime = uptime
        self.containers = containers
    }

    package init(from reader: inout WireReader) throws(WireError) {
        memoryTotal = try reader.integer()
        memoryAvailable = try reader.integer()
        uptime = try reader.integer()
        containers = try reader.values(max: ProtocolLimits.containers)
    }

    package func encode(to writer: inout WireWriter) {
        writer.integer(memoryTotal)
        writer.integer(memoryAvailable)
        writer.integer(uptime)
        writer.values(containers)
    }
}

/// What a container uses.
package struct ContainerStatistics: WireEquatable, Sendable, WireCodable {
    /// The container.
    package var id: String
    /// Microseconds of processor time (`cpu.stat`).
    package var cpuUsage: UInt64
    /// Of these, in user space.
    package var cpuUser: UInt64
    /// Bytes of memory, page cache included (`memory.current`).
    package var memory: UInt64
    /// The most it has been (`memory.peak` where the kernel has it, else 0).
    package var memoryPeak: UInt64
    /// The limit, or `UInt64.max`.
    package var memoryLimit: UInt64
    /// Processes killed for want of memory (`memory.events`).
    package var oomKills: UInt64
    /// Processes and threads (`pids.current`).
    package var processes: UInt64

    /// Describes a container's use.
    package init(
        id: String,
        cpuUsage: UInt64,
        cpuUser: UInt64,
        memory: UInt64,
        memoryPeak: UInt64,
        memoryLimit: UInt64,
        oomKills: UInt64,
        processes: UInt64
    ) {
        self.id = id
        self.cpuUsage = cpuUsage
        self.cpuUser = cpuUser
        self.memory = memory
        self.memoryPeak = memoryPeak
        self.memoryLimit = memoryLimit
        self.oomKills = oomKills
        self.processes = processes
    }

    package init(from reader: inout WireReader) throws(WireError) {
        id = try reader.string(max: 64)
        cpuUsage = try reader.integer()
        cpuUser = try reader.integer()
        memory = try reader.integer()
        memoryPeak = try reader.integer()
        memoryLimit = try reader.integer()
        oomKills = try reader.integer()
        processes = try reader.integer()
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(id)
        for number in [cpuUsage, cpuUser, memory, memoryPeak, memoryLimit, oomKills, processes] {
            writer.integer(number)
        }
    }
}
