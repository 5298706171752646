import OCI

/// A path that a container has changed, as `docker diff` tells it.
struct ContainerChange: Equatable, Sendable {
    /// What happened, with Docker's numbers.
    enum Kind: Int, Sendable {
        case modified = 0
        case added = 1
        case deleted = 2
    }

    let path: String
    let kind: Kind

    var json: JSONValue { ["Path": .string(path), "Kind": .number(kind.rawValue)] }

    /// What the container's machine puts in place itself; other engines mount it, so that it is no change.
    private static let ours: Set = ["/etc/hostname", "/etc/hosts", "/etc/machine-id", "/etc/resolv.conf"]
    private static let mark = ".wh."
    private static let opaqueMark = ".wh..wh..opq"

    /// Reads a member of an archive in the form of image layers.
    ///
    /// - Parameter exists: whether the image has a path, in parts.
    /// - Returns: `nil` for what is no change of its own.
    init?(_ member: TarScanner.Member, exists: ([String]) -> Bool) {
        var parts = member.path.split(separator: "/").map(String.init).filter { $0 != "." }
        guard let name = parts.last, name != Self.opaqueMark else { return nil }
        if name.hasPrefix(Self.mark) {
            parts[parts.count - 1] = String(name.dropFirst(Self.mark.count))
            kind = .deleted
        } else {
            kind = exists(parts) ? .modified : .added
        }
        path = "/" + parts.joined(separator: "/")
    }
    /// Leaves out what the container has not done itself.
    static func own(of changes: [ContainerChange]) -> [ContainerChange] {
        let own = changes.filter { !ours.contains($0.path) }
        // A folder that is told for these files alone has not changed.
        let hasOthers = own.contains { $0.path.hasPrefix("/etc/") }
        return hasOthers || own.count == changes.count ? own : own.filter { $0.path != "/etc" }
    }
}
