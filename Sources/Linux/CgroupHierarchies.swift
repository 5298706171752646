import CLinux
package import SystemPackage

/// The control group file systems of this machine that Apus may make groups in.
package struct CgroupHierarchies: Sendable, Hashable {
    /// The controllers that Apus sets limits with.
    private static let wanted = ["memory", "pids", "cpu"]

    /// Version 2's root, if it is writable and carries the wanted controllers.
    package var unified: FilePath?
    /// Version 1's writable roots with their controller's name.
    package var controllers: [Controller]

    /// One controller of version 1.
    package struct Controller: Sendable, Hashable {
        /// Its name, such as `memory`.
        package var name: String
        /// Where it is mounted.
        package var root: FilePath
    }

    /// A machine without control groups.
    package static let none = CgroupHierarchies(unified: nil, controllers: [])

    /// Reads what is mounted; a machine without control groups has none.
    package static func mounted() -> CgroupHierarchies {
        parse((try? ProcFile.read("/proc/self/mountinfo")) ?? "") {
            (try? ProcFile.read($0.appending("cgroup.controllers"))) ?? ""
        } isWritable: {
            $0.withPlatformString { access($0, W_OK) } == 0
        }
    }

    /// Interprets `/proc/self/mountinfo` (proc(5)): options, ` - `, type, source, and the type's own options.
    static func parse(
        _ mounts: String,
        controllersOf: (FilePath) -> String,
        isWritable: (FilePath) -> Bool
    ) -> CgroupHierarchies {
        var result = none
        for line in mounts.split(separator: "\n") {
            let halves = line.split(separator: " - ", maxSplits: 1)
            let fields = (halves.first ?? "").split(separator: " ")
            let type = (halves.last ?? "").split(separator: " ")
            guard halves.count == 2, fields.count > 5, type.count > 2 else { continue }
            let root = FilePath(String(fields[4]))
            guard type[0] == "cgroup2" || type[0] == "cgroup", isWritable(root) else { continue }
            if type[0] == "cgroup2" {
                let names = controllersOf(root).split(whereSeparator: \.isWhitespace)
                if wanted.allSatisfy({ names.contains(Substring($0)) }) { result.unified = root }
            } else {
                let names = type[2].split(separator: ",")
                for name in wanted where names.contains(Substring(name)) {
                    result.controllers.append(Controller(name: name, root: root))
                }
            }
        }
        return result
    }

    /// Makes a group's folder and its parent, and in version 2 hands the controllers down to it.
    func makeFolder(_ folder: FilePath) throws(LinuxError) {
        let parent = folder.removingLastComponent()
        if let unified { try delegate(from: unified) }
        try make(parent)
        if unified != nil { try delegate(from: parent) }
        try make(folder)
    }

    private func delegate(from folder: FilePath) throws(LinuxError) {
        let names = Self.wanted.map { "+\($0)" }.joined(separator: " ")
        try ProcFile.write(names, to: folder.appending("cgroup.subtree_control"))
    }

    private func make(_ folder: FilePath) throws(LinuxError) {
        guard folder.withPlatformString({ mkdir($0, 0o755) }) != 0, lx_errno() != EEXIST else { return }
        throw .current("make cgroup \(folder)")
    }
}
