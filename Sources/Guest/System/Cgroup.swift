import AgentProtocolEmbedded
import CLinux

/// A folder of the unified cgroup tree.
struct Cgroup {
    /// The folder.
    let path: String

    /// Where containers live: what remains of the guest is the agent's and the kernel's.
    static let pod = Cgroup(path: "/sys/fs/cgroup/pod")

    /// Prepares the pod's cgroup, so that whatever its containers do, the agent has memory and process numbers left.
    static func preparePod() throws(AgentFailure) {
        enableControllers(in: "/sys/fs/cgroup")
        try System.check(mkdir(pod.path, 0o755), "make the pod's cgroup")
        enableControllers(in: pod.path)
        let memory = MemoryInfo.read()
        let reserve: UInt64 = 16 << 20
        let limit = max(memory.available > reserve ? memory.available - reserve : 0, memory.total / 2)
        try pod.set("memory.max", "\(limit)")
        try pod.set("pids.max", "\(maximumProcesses(memory: memory.total))")
        // Once for all containers, whose cgroups inherit it: to check and compile such a program takes the kernel 20 ms
        // under emulation, which a template's clones need not spend.
        let folder = try pod.open()
        let restricted = withExtendedLifetime(folder) { lx_restrict_devices(folder.number) }
        try System.checkShim(restricted, "restrict the pod's devices")
        _ = try make(ContainerCgroups.spareName)
    }

    /// Makes a cgroup in the pod's.
    static func make(_ name: String) throws(AgentFailure) -> Cgroup {
        let group = Cgroup(path: "\(pod.path)/\(name)")
        try System.check(mkdir(group.path, 0o755), "make cgroup \(name)")
        return group
    }

    /// Sets a container's limits; those that are zero are the pod's.
    func set(_ limits: ResourceLimits) throws(AgentFailure) {
        if limits.memory > 0 {
            try set("memory.max", "\(limits.memory)")
            try set("memory.swap.max", "0")
        }
        if limits.milliCPU > 0 { try set("cpu.max", "\(UInt64(limits.milliCPU) * 100) 100000") }
        if limits.processes > 0 { try set("pids.max", "\(limits.processes)") }
    }

    /// Opens the folder.
    func open() throws(AgentFailure) -> OwnedFile {
        OwnedFile(try System.check(lx_open(path, O_RDONLY | O_DIRECTORY, 0), "open cgroup"))
    }

    /// Writes one of the kernel's files.
    func set(_ file: String, _ value: String) throws(AgentFailure) {
        do throws(AgentFailure) {
            try System.write(value, to: "\(path)/\(file)")
        } catch {
            // A guest kernel without swap accounting has no such file, and nothing to limit.
            guard error.errno == ENOENT, file.isSame(as: "memory.swap.max") else { throw error }
        }
    }

    /// A file that holds one number; `max` reads as the largest one.
    func number(_ file: String) -> UInt64 {
        let text = System.readText("\(path)/\(file)")
        return text.isSame(as: "max") ? .max : Decimal.parse([UInt8](text.utf8)) ?? 0
    }

    /// A number of a file that holds lines of a key and a number.
    func number(_ file: String, key: String) -> UInt64 {
        Decimal.field(key, in: System.read("\(path)/\(file)"))
    }

    /// Kills every process in it at once (`cgroup.kill`, Linux 5.14).
    func kill() throws(AgentFailure) { try set("cgroup.kill", "1") }

    /// The processes in it.
    var processes: [Int32] {
        var list: [Int32] = []
        for line in System.read("\(path)/cgroup.procs").split(separator: UInt8(ascii: "\n")) {
            if let number = Decimal.parse([UInt8](line)) { list.append(Int32(truncatingIfNeeded: number)) }
        }
        return list
    }

    /// Removes it; it must be empty.
    func remove() throws(AgentFailure) { try System.check(rmdir(path), "remove cgroup \(path)") }

    /// A process costs the kernel about 20 KiB at least; a quarter of the memory may go there.
    private static func maximumProcesses(memory: UInt64) -> UInt64 { min(max(memory / 4 / 20480, 512), 30000) }

    private static func enableControllers(in folder: String) {
        for controller in ["cpu", "memory", "pids", "io"] {
            do throws(AgentFailure) {
                try System.write("+\(controller)", to: "\(folder)/cgroup.subtree_control")
            } catch {
                Log.line("cgroup controller \(controller) is missing: errno \(error.errno)")
            }
        }
    }
}

/// The guest's memory as /proc/meminfo counts it, in bytes.
struct MemoryInfo {
    let total: UInt64
    let available: UInt64

    static func read() -> MemoryInfo {
        let text = System.read("/proc/meminfo")
        return MemoryInfo(
            total: Decimal.field("MemTotal:", in: text) * 1024,
            available: Decimal.field("MemAvailable:", in: text) * 1024
        )
    }
}

/// Decimal numbers in the kernel's text files.
enum Decimal {
    /// The number that the bytes begin with, or `nil` when they begin with something else or the number is too large.
    static func parse(_ bytes: [UInt8]) -> UInt64? {
        var value: UInt64 = 0
        var digits = 0
        for byte in bytes {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow, product <= .max - 9 else { return nil }
            value = product + UInt64(byte - UInt8(ascii: "0"))
            digits += 1
        }
        return digits > 0 ? value : nil
    }

    /// The number behind a key at the beginning of a line, or 0.
    static func field(_ key: String, in text: [UInt8]) -> UInt64 {
        let name = [UInt8](key.utf8)
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: name) {
            let rest = [UInt8](line.dropFirst(name.count).drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
            if let number = parse(rest) { return number }
        }
        return 0
    }
}
