import Foundation
import SystemPackage

/// What a test may have left on the machine.
enum Leaks {
    /// What is left of a node: processes, mounts, folders of runs, and cgroups that were not there before.
    ///
    /// - Returns: a description of each; things that are about to go get a few seconds for it.
    static func find(_ folder: FilePath, besides cgroups: Set<String>) async throws -> [String] {
        let end = ContinuousClock.now + .seconds(8)
        while true {
            let leaks = now(folder, besides: cgroups)
            guard !leaks.isEmpty, ContinuousClock.now < end else { return leaks }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func now(_ folder: FilePath, besides cgroups: Set<String>) -> [String] {
        processes(of: folder).map { "process \($0.pid): \($0.command)" } + mounts(below: folder).map { "mount \($0)" }
            + names(in: folder.appending("run/pods")).map { "folder of a run \($0)" }
            + abandoned(self.cgroups.subtracting(cgroups)).map { "cgroup \($0)" }
    }

    /// A process that has a folder's path in its command line, or writes its complaints to a file in there, as a
    /// machine does that knows no path.
    struct Process: Sendable, Hashable {
        let pid: Int32
        let command: String
    }

    static func processes(of folder: FilePath) -> [Process] {
        names(in: "/proc").compactMap { name in
            guard let pid = Int32(name), pid != getpid() else { return nil }
            let command = read("/proc/\(pid)/cmdline").replacingOccurrences(of: "\0", with: " ")
            let complaints = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/2")
            let isOfFolder = command.contains(folder.string) || complaints?.hasPrefix(folder.string) == true
            return isOfFolder ? Process(pid: pid, command: command) : nil
        }
    }

    /// The process that attends a node's pod.
    static func attendant(of folder: FilePath) -> Process? {
        processes(of: folder).first { $0.command.contains(" attend ") }
    }

    private static func mounts(below folder: FilePath) -> [String] {
        read("/proc/self/mounts").split(separator: "\n").map(String.init).filter { $0.contains(folder.string) }
    }

    /// The cgroups without processes: those of others that run at the same time do not count.
    private static func abandoned(_ groups: Set<String>) -> [String] {
        groups.filter { read("\($0)/cgroup.procs").isEmpty }.sorted()
    }

    /// The cgroups of all virtual machines of the host.
    static var cgroups: Set<String> {
        let hierarchies = ["/sys/fs/cgroup/apus"] + names(in: "/sys/fs/cgroup").map { "/sys/fs/cgroup/\($0)/apus" }
        let groups = hierarchies.flatMap { hierarchy in names(in: FilePath(hierarchy)).map { "\(hierarchy)/\($0)" } }
        return Set(groups.filter(isFolder))
    }

    /// Ends what a failed test has left, and removes its folder.
    static func remove(_ folder: FilePath) {
        for process in processes(of: folder) { _ = kill(process.pid, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    private static func names(in folder: FilePath) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func read(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
