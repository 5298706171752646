import FoundationEssentials
package import Hypervisor
import Linux
package import Logging
package import Pods
import Pool
import Sandboxes
import SystemPackage

/// The daemon of a node: it keeps machines ready, and attends the pods that clients hand to it.
///
/// It may die at any instant: machines of pods run on, and the next command gives each pod an attendant of its own; the
/// next daemon attends those that nobody does, starts those that are to start with it, and ends the machines that waited.
package struct NodeDaemon: Sendable {
    /// Makes of a client's environment what its pods fetch images with.
    package typealias Registries = @Sendable ([String: String]) -> RegistryAccess

    /// Prepares what is served beside the daemon's own socket, and returns what serves it.
    package typealias Front = (PodService, EngineSettings) throws -> @Sendable () async throws -> Void

    let node: NodeConfiguration
    let registries: Registries
    let logger: Logger
    let pool: MachinePool
    let identities: KnownIdentities
    /// What happens to the pods that the daemon attends, and what else is told to it.
    package let events = PodEvents()
    private let engine: EngineSettings
    private let defaultShape: MachineShape

    /// Prepares a daemon: finds out how machines run here, and reads the configuration.
    ///
    /// - Parameter configuration: gets the accelerator that works.
    package static func prepare(
        node: NodeConfiguration,
        configuration: (Accelerator) throws -> DaemonConfiguration,
        registries: @escaping Registries,
        logger: Logger
    ) async throws -> NodeDaemon {
        let machines = try await NodeMachines.find(node)
        let configuration = try configuration(machines.accelerator)
        let identities = KnownIdentities()
        let pool = try MachinePool(
            hypervisor: machines.hypervisor,
            guest: machines.guest,
            program: node.guest,
            folder: node.runRoot.appending("pool"),
            configuration: configuration.pool,
            identities: identities,
            logger: logger
        )
        return NodeDaemon(node, registries, pool, identities, configuration.engine, logger)
    }

    private init(
        _ node: NodeConfiguration,
        _ registries: @escaping Registries,
        _ pool: MachinePool,
        _ identities: KnownIdentities,
        _ engine: EngineSettings,
        _ logger: Logger
    ) {
        self.node = node
        self.registries = registries
        self.pool = pool
        self.identities = identities
        self.engine = engine
        self.logger = logger
        defaultShape = MachineShape(memory: node.defaultMemory, processors: 1)
    }

    /// Serves clients and keeps machines ready until `end` returns; then those that wait are ended, and `leave` ends the
    /// process.
    ///
    /// Nothing else may end it orderly: an attendant that is cancelled ends its pod.
    ///
    /// - Parameter front: what is served beside; when it cannot be prepared the daemon does not begin, and when it fails
    ///   later the pods are none the worse.
    package func run(
        front: Front = { _, _ in {} },
        until end: @escaping @Sendable () async -> Void,
        leave: @escaping @Sendable () -> Never
    ) async throws {
        try makeRunRoot()
        guard let lock = try FileLock.tryAcquire(node.runRoot.appending("daemon.lock")) else {
            throw PodsError(.conflict, "another apusd serves \(node.runRoot) (end it, or choose another --run-root)")
        }
        let listener = try DaemonListener(node.daemonSocket)
        let serveFront = try front(PodService(node: node, events: events), engine)
        logger.info("serving", metadata: ["socket": "\(node.daemonSocket)"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await keepMachines(until: end)
                leave()
            }
            group.addTask {
                async let restored: Void = restore()
                async let fronted: Void = serve(serveFront)
                try await serve(listener)
                await restored
                await fronted
            }
            defer { group.cancelAll() }
            try await group.next()
        }
        lock.release()
    }

    /// Keeps the pool filled until the end, and ends the machines that wait then.
    private func keepMachines(until end: @escaping @Sendable () async -> Void) async throws {
        await pool.expect(defaultShape, project: NodeMachines.project)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.run() }
            group.addTask { await end() }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func serve(_ front: @Sendable () async throws -> Void) async {
        do {
            try await front()
        } catch is CancellationError {
            return
        } catch {
            logger.critical("the Engine API is not served any more", metadata: ["error": "\(error)"])
        }
    }

    private func serve(_ listener: DaemonListener) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let client = try await listener.accept()
                group.addTask { await serve(client) }
            }
        }
    }

    /// Takes care of the pods that an earlier daemon has left, or a reboot.
    private func restore() async {
        do {
            try await PodService(node: node, events: events).restore { record, error in
                logger.error("cannot restore a pod", metadata: ["pod.id": "\(record.shortID)", "error": "\(error)"])
            }
        } catch {
            logger.error("cannot restore pods", metadata: ["error": "\(error)"])
        }
    }

    private func makeRunRoot() throws {
        try FileManager.default.createDirectory(
            atPath: node.runRoot.string,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }
}
