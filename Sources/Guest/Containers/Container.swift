import AgentProtocolEmbedded
import CLinux

/// A container: its root, its cgroup and what it was asked to be.
final class Container {
    /// What it was asked to be.
    let spec: ContainerSpec
    /// Its root file system.
    let rootFileSystem: RootFileSystem
    /// Its cgroup.
    let cgroup: Cgroup
    /// Its first process while that runs; namespaces are entered through it.
    var initHandle: OwnedFile?
    /// The number of its first process, or 0 while there is none.
    var initPID: Int32 = 0
    /// The request to answer when its last process is gone and it is to be removed.
    var removal: PendingReply?
    /// Whether it is to go as soon as nothing runs in it.
    var isDoomed = false
    /// Whether its processes are stopped, by the host's wish or while its changes are archived.
    private(set) var isFrozen = false
    /// Whether the host wants them to be.
    var isPaused = false
    /// How many kills for want of memory have been told.
    var toldOOMKills: UInt64 = 0

    var id: String { spec.id }

    /// Makes a container's root and cgroup.
    ///
    /// - Returns: `nil` while one of its disks has not appeared.
    static func make(_ spec: ContainerSpec, disks: Disks, cgroups: ContainerCgroups) throws(AgentFailure)
        -> Container?
    {
        guard let root = try RootFileSystem.make(spec, disks: disks) else { return nil }
        do throws(AgentFailure) {
            let cgroup = try cgroups.make(for: spec.id, limits: spec.resources)
            return Container(spec: spec, rootFileSystem: root, cgroup: cgroup)
        } catch {
            root.remove()
            throw error
        }
    }

    private init(spec: ContainerSpec, rootFileSystem: RootFileSystem, cgroup: Cgroup) {
        self.spec = spec
        self.rootFileSystem = rootFileSystem
        self.cgroup = cgroup
    }

    /// Kills that happened for want of memory.
    var oomKills: UInt64 { cgroup.number("memory.events", key: "oom_kill") }

    /// Opens the root, for files to be found in it: the running container's own view, mounts included.
    func openRoot() throws(AgentFailure) -> OwnedFile {
        let path = initPID > 0 ? "/proc/\(initPID)/root" : rootFileSystem.root
        return OwnedFile(try System.check(lx_open(path, O_RDONLY | O_DIRECTORY, 0), "open the root of \(id)"))
    }

    /// Begins to stop its processes; `cgroup.events` tells when all of them have stopped.
    func freeze() throws(AgentFailure) {
        try cgroup.set("cgroup.freeze", "1")
        isFrozen = true
    }

    /// Lets its processes run again, unless the host wants them to stand still.
    func thaw() {
        guard isFrozen, !isPaused else { return }
        isFrozen = false
        do throws(AgentFailure) {
            try cgroup.set("cgroup.freeze", "0")
        } catch {
            Log.line("\(error.stage): errno \(error.errno)")
        }
    }

    /// Takes everything down; nothing runs in it any more.
    func remove() {
        initHandle = nil
        rootFileSystem.remove()
        do throws(AgentFailure) { try cgroup.remove() } catch { Log.line("\(error.stage): errno \(error.errno)") }
    }

    /// What it uses.
    var statistics: ContainerStatistics {
        ContainerStatistics(
            id: id,
            cpuUsage: cgroup.number("cpu.stat", key: "usage_usec"),
            cpuUser: cgroup.number("cpu.stat", key: "user_usec"),
            memory: cgroup.number("memory.current"),
            memoryPeak: cgroup.number("memory.peak"),
            memoryLimit: cgroup.number("memory.max"),
            oomKills: oomKills,
            processes: cgroup.number("pids.current")
        )
    }
}
