import AgentProtocol
import Sandboxes

extension PodSpec.Options.Tmpfs {
    /// What Docker sets for a tmpfs unless it is told otherwise.
    private static let standard: MountFlags = [.noSetUserID, .noDevices, .noExecute]

    private static let flags: [String: MountFlags] = [
        "ro": .readOnly, "nosuid": .noSetUserID, "nodev": .noDevices, "noexec": .noExecute,
    ]
    private static let opposites: [String: MountFlags] = [
        "rw": .readOnly, "suid": .noSetUserID, "dev": .noDevices, "exec": .noExecute,
    ]
    /// Options of the file system itself (tmpfs(5)).
    private static let values: Set<String> = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks"]

    /// The mount for the container.
    func mount() throws(PodsError) -> MountSpec {
        try PodSpec.Options.checkPath(path)
        guard path != "/" else { throw PodsError(.invalid, "a tmpfs cannot be the container's root") }
        var flags = Self.standard
        var rest: [String] = []
        for option in options.split(separator: ",").map(String.init) {
            if let flag = Self.flags[option] {
                flags.insert(flag)
            } else if let flag = Self.opposites[option] {
                flags.remove(flag)
            } else {
                rest.append(try checked(option))
            }
        }
        return MountSpec(
            destination: path,
            type: "tmpfs",
            source: "tmpfs",
            flags: flags.rawValue,
            options: rest.joined(separator: ",")
        )
    }

    private func checked(_ option: String) throws(PodsError) -> String {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, Self.values.contains(String(parts[0])),
            (1...20).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({
                $0 == UInt8(ascii: "%") || ($0 < 0x7F && Character(Unicode.Scalar($0)).isNumber)
                    || "kmgKMG".utf8.contains($0)
            })
        else {
            throw PodsError(
                .invalid,
                "tmpfs \(quoted(path)) has an unknown option \(quoted(option)) (use ro, rw, exec, suid, dev, size=, mode=, uid=, gid= or nr_inodes=)"
            )
        }
        return option
    }
}
