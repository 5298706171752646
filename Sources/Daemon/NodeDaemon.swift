import FoundationEssentials
import Linux
package import Logging
package import Pods
import SystemPackage

/// The daemon of a node: it attends the pods that clients hand to it.
///
/// It may die at any instant: machines run on, and the next command gives each pod an attendant of its own.
package struct NodeDaemon: Sendable {
    let node: NodeConfiguration
    let registries: @Sendable ([String: String]) -> RegistryAccess
    let logger: Logger

    /// Clients that connect at the same instant and are not refused.
    private static let backlog: Int32 = 512

    /// Prepares a daemon.
    ///
    /// - Parameter registries: makes of a client's environment what its pods fetch images with.
    package init(
        node: NodeConfiguration,
        registries: @escaping @Sendable ([String: String]) -> RegistryAccess,
        logger: Logger
    ) {
        self.node = node
        self.registries = registries
        self.logger = logger
    }

    /// Serves clients until the task is cancelled.
    package func run() async throws {
        try makeRunRoot()
        guard let lock = try FileLock.tryAcquire(node.runRoot.appending("daemon.lock")) else {
            throw PodsError(.conflict, "another apusd serves \(node.runRoot) (end it, or choose another --run-root)")
        }
        let listener = try UnixSocket.listen(node.daemonSocket, backlog: Self.backlog)
        logger.info("serving", metadata: ["socket": "\(node.daemonSocket)"])
        try await withThrowingDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let client = DaemonConnection(try await UnixSocket.accept(from: listener))
                group.addTask { await serve(client) }
            }
        }
        lock.release()
    }

    private func makeRunRoot() throws {
        try FileManager.default.createDirectory(
            atPath: node.runRoot.string,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }
}
