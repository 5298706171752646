import Linux
package import SystemPackage

/// Where the node's daemon waits for clients.
package final class DaemonListener: Sendable {
    private let socket: OwnedFD

    /// Clients that connect at the same instant and are not refused.
    private static let backlog: Int32 = 512

    /// Listens; a socket that an earlier daemon has left is replaced.
    package init(_ path: FilePath) throws {
        socket = try UnixSocket.listen(path, backlog: Self.backlog)
    }

    /// Waits for the next client.
    package func accept() async throws -> DaemonConnection {
        DaemonConnection(try await UnixSocket.accept(from: socket))
    }
}
