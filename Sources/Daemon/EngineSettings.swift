import Pool
package import SystemPackage

/// Where the daemon serves the Docker Engine API.
package struct EngineSettings: Sendable, Decodable {
    /// The group whose members may use the socket where no other is named.
    package static let standardGroup = "apus"

    /// The socket's path; `nil` for `apus.sock` beside the daemon's own.
    package var socket: FilePath?
    /// The group whose members may use it; without such a group only root may.
    package var group = EngineSettings.standardGroup
    /// A port of the loopback interface, `127.0.0.1:PORT`; `nil` for none.
    package var tcp: String?

    private enum Key: String, CodingKey, CaseIterable { case socket, group, tcp }

    /// The defaults.
    package init() {}

    package init(from decoder: any Decoder) throws {
        let known = Set(Key.allCases.map(\.rawValue))
        let names = try decoder.container(keyedBy: DaemonConfiguration.AnyKey.self).allKeys.map(\.stringValue)
        if let stranger = names.first(where: { !known.contains($0) }) {
            throw PoolError(.invalid, "engine has no setting \"\(stranger)\" (remove it)")
        }
        let values = try decoder.container(keyedBy: Key.self)
        if let path = try values.decodeIfPresent(String.self, forKey: .socket) { try setSocket(path) }
        group = try values.decodeIfPresent(String.self, forKey: .group) ?? group
        tcp = try values.decodeIfPresent(String.self, forKey: .tcp)
    }

    /// Sets the socket's path.
    ///
    /// - Throws: a sentence for a path that is not absolute.
    package mutating func setSocket(_ path: String) throws {
        guard path.hasPrefix("/"), path.utf8.count <= 4000 else {
            throw PoolError(.invalid, "the engine's socket \"\(path.prefix(100))\" is not an absolute path")
        }
        socket = FilePath(path).lexicallyNormalized()
    }
}
