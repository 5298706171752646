import AgentProtocol
import FoundationEssentials
import Hypervisor
import Images
package import Linux
package import Logging
import NIOCore
import NIOPosix
import OCI
package import Pool
package import Sandboxes
import SystemPackage

/// Attends one pod: starts its machine, keeps its log, serves its clients, starts it again, and records its ends.
///
/// It may die at any instant: the machine runs on, and the next attendant goes on where this one was.
package struct Attendant: Sendable {
    let plan: ContainerPlan
    let node: NodeConfiguration
    let directory: PodDirectory
    let store: PodStore
    let logger: Logger
    let life: Observed<PodLife>
    let status: StatusFile
    let hub = OutputHub()
    let trace = Trace()
    let registries: RegistryAccess
    let pool: MachinePool?
    let identities: KnownIdentities
    let events: PodEvents

    /// Prepares to attend a pod that has been declared.
    ///
    /// - Parameters:
    ///   - alone: whether the pod starts without a client's asking, if it does not run.
    ///   - registries: how the parts of an image that are not on this node are fetched.
    ///   - pool: where the pod's machine comes from; without one it is booted.
    ///   - identities: the machines that this process knows, of which none may be another's copy.
    ///   - events: who is told what happens.
    package init(
        podID: String,
        alone: Bool = false,
        node: NodeConfiguration,
        registries: @escaping RegistryAccess,
        pool: MachinePool? = nil,
        identities: KnownIdentities = KnownIdentities(),
        events: PodEvents = PodEvents(),
        logger: Logger
    ) throws {
        self.registries = registries
        self.pool = pool
        self.identities = identities
        self.events = events
        self.node = node
        self.logger = logger
        store = PodStore(node: node)
        directory = store.directory(podID)
        let record = try store.find(podID)
        plan = ContainerPlan(record: record, image: try ImageStore(root: node.images).image(record.imageID))
        life = Observed(PodLife(store.status(of: record.id), record.spec.restart, alone: alone))
        status = StatusFile(store, record, life)
    }

    /// Attends the pod until it has ended for good and everything of its runs is gone.
    ///
    /// - Parameters:
    ///   - socket: the listening socket for clients; made by whoever started this process, so that a client can connect
    ///     before this process has got this far.
    ///   - lock: the pod's lock, which that process took and this one keeps as long as it lives.
    package func run(socket: consuming OwnedFD, holding lock: consuming FileLock) async throws {
        let server = try await ControlServer.bind(socket)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await serve(on: server) }
            await live()
            life.update { $0.isCleanedUp = true }
            // Clients see their connection end when there is nothing left of the run.
            await server.waitUntilIdle(atMost: .seconds(5))
            group.cancelAll()
        }
        lock.release()
    }

    private func serve(on server: ControlServer) async {
        do {
            try await server.serve { try await self.serve($0, $1) }
        } catch is CancellationError {
            return
        } catch {
            logger.error("cannot serve clients", metadata: ["error": "\(error)"])
        }
    }

    /// The pod's life: runs, until no further one is to be; whatever happens, nothing of them is left.
    private func live() async {
        repeat {
            let number = life.update { life in
                life.run += 1
                (life.agent, life.process) = (nil, nil)
                return life.run
            }
            await run(number)
        } while await startsAgain()
        life.update { $0.isOver = true }
        cleanUp()
    }

    /// Waits until the next run is due.
    ///
    /// - Returns: `false` when there is to be none, be it that somebody does not want it any more.
    private func startsAgain() async -> Bool {
        guard let end = life.value.end, end.run == life.value.run, let pause = end.pause else { return false }
        struct IsDue: Error {}
        do {
            try await withTimeout(pause, else: { IsDue() }) {
                _ = try await life.wait { $0.status.isStopped || $0.isLeaving }
            }
        } catch {
            // A cancelled attendant leaves the next start to the next one.
            return error is IsDue
        }
        giveUp()
        return false
    }

    /// Lets a pod that was to start again stay as it ended.
    func giveUp() {
        do {
            try status.change { life in
                if case .restarting(let exit) = life.status.state { life.status.state = .exited(exit) }
                life.isOver = true
            }
        } catch {
            logger.error("cannot record the end", metadata: ["error": "\(error)"])
        }
    }

    private func cleanUp() {
        do {
            let (state, keeps) = (life.value.status.state, life.value.keeps)
            // What an attendant leaves to the next one must still be there.
            guard !state.isActive else { return }
            guard plan.record.spec.autoRemove, !keeps else { return try store.removeRun(plan.record.id) }
            try store.remove(plan.record.id)
            tell(.destroy)
        } catch {
            logger.error("cannot clean up", metadata: ["container.id": "\(plan.record.id)", "error": "\(error)"])
        }
    }

    /// Tells what happens, under the name that the pod has now.
    func tell(_ action: PodEvent.Action, _ attributes: [String: String] = [:]) {
        let record = (try? store.find(plan.record.id)) ?? plan.record
        events.tell(PodEvent(action, record, attributes))
    }
}
