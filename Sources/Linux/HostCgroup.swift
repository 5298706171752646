import CLinux
import SystemPackage

/// What a group of processes may use; `nil` leaves a resource unlimited.
package struct CgroupLimits: Sendable, Hashable {
    /// The most memory, in bytes.
    package var memory: UInt64?
    /// The most processes and threads.
    package var processes: UInt64?
    /// The most processor time, in thousandths of one processor.
    package var milliProcessors: UInt64?

    /// Sets the limits that are given.
    package init(memory: UInt64? = nil, processes: UInt64? = nil, milliProcessors: UInt64? = nil) {
        self.memory = memory
        self.processes = processes
        self.milliProcessors = milliProcessors
    }
}

/// A control group of the host, named `apus/<id>`, so that a process is neither counted nor ended with the daemon.
///
/// Version 2 is used where it is writable with its controllers, otherwise those of version 1's `memory`, `pids` and
/// `cpu` that are mounted; where there is none, `create` returns `nil` and the process stays where it was started.
package struct HostCgroup: Sendable, Hashable {
    /// The group's folders: one in version 2, one for each controller in version 1.
    let folders: [FilePath]

    /// The group of an id as it was or would be made, without touching it: to remove it after a restart.
    package static func named(_ id: String, among hierarchies: CgroupHierarchies = .mounted()) -> HostCgroup {
        let roots = hierarchies.unified.map { [$0] } ?? hierarchies.controllers.map(\.root)
        return HostCgroup(folders: roots.map { $0.appending("apus").appending(id) })
    }

    /// Makes the group and sets its limits.
    ///
    /// - Returns: `nil` where no hierarchy is writable. A limit that cannot be set is an error, not a silence.
    package static func create(
        _ id: String,
        limits: CgroupLimits = .init(),
        among hierarchies: CgroupHierarchies = .mounted()
    ) throws(LinuxError) -> HostCgroup? {
        let group = named(id, among: hierarchies)
        guard !group.folders.isEmpty else { return nil }
        do throws(LinuxError) {
            for folder in group.folders { try hierarchies.makeFolder(folder) }
            if hierarchies.unified != nil {
                for folder in group.folders { try limits.applyUnified(to: folder) }
            } else {
                try limits.applyLegacy(to: group.folders)
            }
        } catch {
            group.remove()
            throw error
        }
        return group
    }

    /// Removes the group; one that still holds processes, or is gone already, is left alone.
    ///
    /// - Returns: whether the group is gone.
    @discardableResult
    package func remove() -> Bool {
        for folder in folders { _ = folder.withPlatformString { rmdir($0) } }
        return !folders.contains { $0.exists }
    }

    /// Kills the processes in the group; whoever calls it must know that nobody adds to it.
    package func kill() {
        for folder in folders {
            let text = (try? ProcFile.read(folder.appending("cgroup.procs"))) ?? ""
            // A process of another namespace shows as 0, which would be our own group.
            for pid in text.split(separator: "\n").compactMap({ Int32($0) }) where pid > 1 { CLinux.kill(pid, SIGKILL) }
        }
    }

    /// Moves a process and all its threads into the group.
    package func add(_ pid: Int32) throws(LinuxError) {
        for folder in folders { try ProcFile.write("\(pid)", to: folder.appending("cgroup.procs")) }
    }
}

/// A group's membership files, open for a child that joins before it starts its program.
struct CgroupMembership: ~Copyable {
    private(set) var numbers: [Int32] = []

    init(_ group: HostCgroup?) throws(LinuxError) {
        for folder in group?.folders ?? [] {
            numbers.append(try OwnedFD.open(folder.appending("cgroup.procs"), O_WRONLY).release())
        }
    }

    deinit { for number in numbers { close(number) } }
}

extension CgroupLimits {
    fileprivate func applyUnified(to folder: FilePath) throws(LinuxError) {
        if let memory { try ProcFile.write("\(memory)", to: folder.appending("memory.max")) }
        if let processes { try ProcFile.write("\(processes)", to: folder.appending("pids.max")) }
        if let milliProcessors {
            try ProcFile.write("\(milliProcessors * 100) 100000", to: folder.appending("cpu.max"))
        }
    }

    /// A version 1 folder has only its own controller's files; those of absent controllers cannot be limited.
    fileprivate func applyLegacy(to folders: [FilePath]) throws(LinuxError) {
        let files: [(String, UInt64?)] = [
            ("memory.limit_in_bytes", memory), ("pids.max", processes),
            ("cpu.cfs_quota_us", milliProcessors.map { $0 * 100 }),
        ]
        for (name, value) in files {
            guard let value, let folder = folders.first(where: { $0.appending(name).exists }) else { continue }
            try ProcFile.write("\(value)", to: folder.appending(name))
        }
    }
}

extension FilePath {
    var exists: Bool { withPlatformString { access($0, F_OK) } == 0 }
}
