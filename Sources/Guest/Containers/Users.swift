import AgentProtocolEmbedded
import CLinux

/// Who a process runs as, looked up in the container's own /etc/passwd and /etc/group.
struct Identity {
    var user: UInt32 = 0
    var group: UInt32 = 0
    var groups: [UInt32] = []
    var home = "/"

    /// Resolves Docker's `user[:group]`.
    ///
    /// A number needs no entry; a name without one is refused. Without a group the user's own is taken (0 for a
    /// number without an entry), and the groups that list the user's name are added.
    static func resolve(_ text: String, root: Int32) throws(AgentFailure) -> Identity {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1).map { [UInt8]($0) }
        let wanted = parts.first ?? [UInt8(ascii: "0")]
        var identity = Identity()
        let users = records(of: "/etc/passwd", fields: 6, root: root)
        let entry = users.first { $0[0] == wanted } ?? users.first { $0[2] == wanted }
        if let entry, let user = number(entry[2]), let group = number(entry[3]) {
            identity.user = user
            identity.group = group
            identity.home = String(decoding: entry[5], as: UTF8.self)
        } else if let user = number(wanted) {
            identity.user = user
        } else {
            throw unknown("user", wanted)
        }
        let groups = records(of: "/etc/group", fields: 4, root: root)
        if parts.count == 2 {
            identity.group = try group(parts[1], in: groups)
        } else if let name = entry?[0] {
            identity.groups = groups.filter { members($0[3]).contains(name) }.compactMap { number($0[2]) }
        }
        return identity
    }

    private static func group(_ wanted: [UInt8], in groups: [[[UInt8]]]) throws(AgentFailure) -> UInt32 {
        if let entry = groups.first(where: { $0[0] == wanted }), let group = number(entry[2]) { return group }
        guard let group = number(wanted) else { throw unknown("group", wanted) }
        return group
    }

    private static func unknown(_ what: String, _ name: [UInt8]) -> AgentFailure {
        AgentFailure(.notFound, stage: "find \(what) \"\(String(decoding: name, as: UTF8.self))\" in the image")
    }

    /// A number that is written as nothing but digits and fits.
    private static func number(_ bytes: [UInt8]) -> UInt32? {
        guard bytes.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let value = Decimal.parse(bytes), value < UInt64(UInt32.max)
        else { return nil }
        return UInt32(value)
    }

    private static func members(_ list: [UInt8]) -> [[UInt8]] {
        list.split(separator: UInt8(ascii: ",")).map { [UInt8]($0) }
    }

    /// The lines of a file of colon-separated fields that have enough of them.
    private static func records(of path: String, fields: Int, root: Int32) -> [[[UInt8]]] {
        let file = OwnedFile(lx_open_in_root(root, path, O_RDONLY, 0))
        return file.readAll(limit: 1 << 20).split(separator: UInt8(ascii: "\n"))
            .map { line in
                line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { [UInt8]($0) }
            }
            .filter { $0.count >= fields }
    }
}
