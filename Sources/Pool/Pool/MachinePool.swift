package import Hypervisor
import Linux
package import Logging
import Sandboxes

/// Machines that wait for pods, and the templates that they and further ones are cloned from.
///
/// `run` keeps the pool filled as long as it is running; before and after, requests get machines that are booted. A
/// machine is handed out once, belongs to its receiver then and is never used again. What becomes of a daemon that dies
/// is the next one's business: it ends the idle machines that it finds, and templates are gone with their daemon.
package actor MachinePool {
    /// A machine that waits; whoever takes it out of `idle` has it.
    struct Idle: Sendable {
        let machine: any VirtualMachine
        let directory: VMDirectory
        /// Ends the watch over the machine.
        let isReleased: Observed<Bool>
        let since: ContinuousClock.Instant
    }

    let maker: any MachineMaking
    let folder: PoolFolder
    let configuration: PoolConfiguration
    let clock: PoolClock
    let logger: Logger
    private let availableMemory: @Sendable () throws -> UInt64
    /// Counts what has happened, for those who wait for something.
    nonisolated let changes = Observed<UInt64>(0)

    var policy: PoolPolicy
    var idle: [MachineID: Idle] = [:]
    /// What is needed to prepare machines for the images that the policy remembers.
    var images: [ImageKey: PoolImage] = [:]
    var counters = PoolCounters()
    private var isRunning = false

    /// Makes a pool of a maker's machines.
    ///
    /// - Parameter availableMemory: how many bytes of memory programs can still get.
    package init(
        maker: any MachineMaking,
        folder: PoolFolder,
        configuration: PoolConfiguration,
        clock: PoolClock = .continuous,
        availableMemory: @escaping @Sendable () throws -> UInt64 = { try HostMachine.availableMemory() },
        logger: Logger
    ) throws {
        try configuration.validate()
        self.maker = maker
        self.folder = folder
        self.configuration = configuration
        self.clock = clock
        self.availableMemory = availableMemory
        self.logger = logger
        policy = PoolPolicy(configuration, now: clock.now())
    }

    /// Ends what an earlier daemon left, then keeps the pool filled until it is cancelled; ends the idle machines then.
    ///
    /// - Throws: `PoolError` `.inUse` when another daemon has the folder, or this pool is running already.
    package func run() async throws {
        guard !isRunning else { throw PoolError(.inUse, "the pool in \(folder.path) is running already") }
        isRunning = true
        defer { isRunning = false }
        let lock = try await folder.take { try await maker.endRemains(in: $0) }
        policy.open()
        changed()
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let seen = changes.value
                let now = clock.now()
                for action in policy.next(now: now, available: memory()) { perform(action, &group) }
                await wait(for: changes, beyond: seen, until: policy.deadline(after: now))
            }
            for template in policy.close() { maker.dropTemplate(template) }
            group.cancelAll()
        }
        lock.release()
    }

    /// Prepares for requests of a shape that are going to come, such as those for the default one after a start.
    package func expect(_ shape: MachineShape, project: String) {
        policy.expect(kind(project, shape), now: clock.now())
        changed()
    }

    /// Whether every template and every machine that is wanted is there and waits.
    package var isFilled: Bool { policy.isFilled }

    func kind(_ project: String, _ shape: MachineShape) -> MachineKind {
        MachineKind(project: configuration.sharesTemplates ? "" : project, shape: shape)
    }

    func changed() { changes.update { $0 += 1 } }

    /// A host that does not tell its memory has none to spare for waiting machines.
    private func memory() -> UInt64 { (try? availableMemory()) ?? 0 }

    private func perform(_ action: PoolPolicy.Action, _ group: inout DiscardingTaskGroup) {
        switch action {
        case .build(let id, let kind): group.addTask { await self.build(id, kind) }
        case .drop(let id): maker.dropTemplate(id)
        case .make(let id, let kind, let template):
            group.addTask { await self.live(id, template, kind, image: nil) }
        case .makeWithImage(let id, let image, let template):
            group.addTask { await self.live(id, template, image.kind, image: image) }
        case .end(let id): idle[id]?.isReleased.update { $0 = true }
        case .surrender(let kind): surrender(kind)
        }
    }

    private func surrender(_ kind: MachineKind) {
        logger.warning(
            "machines boot cold for some time: templates fail again and again",
            metadata: ["project": "\(kind.project)", "seconds": "\(configuration.surrenderSeconds)"]
        )
    }

    /// Waits until something has happened, or a point in time.
    func wait(
        for changes: Observed<UInt64>,
        beyond seen: UInt64,
        until deadline: ContinuousClock.Instant?
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await changes.wait { $0 != seen } }
            if let deadline { group.addTask { [clock] in try? await clock.sleep(deadline) } }
            await group.next()
            group.cancelAll()
        }
    }
}
