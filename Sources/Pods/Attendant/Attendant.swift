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

/// The process that attends one pod: it starts the pod's machine, keeps its log, serves its clients and records its end.
///
/// It stands in for the node daemon, which will attend all pods of a node. It may die at any instant: the machine runs
/// on, and the next attendant goes on where this one was.
package struct Attendant: Sendable {
    let plan: ContainerPlan
    let node: NodeConfiguration
    let directory: PodDirectory
    let store: PodStore
    let logger: Logger
    let life = Observed(PodLife())
    let hub = OutputHub()
    let trace = Trace()
    let registries: RegistryAccess
    let pool: MachinePool?
    let identities: KnownIdentities

    /// How long a pod waits, booted, for the client that made it to start it.
    ///
    /// A client asks at once, long before the guest is up: one that has not asked by then has died.
    static let startPatience: Duration = .seconds(10)

    /// How long a machine that need not boot may take to answer: tens of milliseconds, seconds on a loaded host.
    private static let clonePatience: Duration = .seconds(30)

    /// Prepares to attend a pod that has been declared.
    ///
    /// - Parameters:
    ///   - registries: how the parts of an image that are not on this node are fetched.
    ///   - pool: where the pod's machine comes from; without one it is booted.
    ///   - identities: the machines that this process knows, of which none may be another's copy.
    package init(
        podID: String,
        node: NodeConfiguration,
        registries: @escaping RegistryAccess,
        pool: MachinePool? = nil,
        identities: KnownIdentities = KnownIdentities(),
        logger: Logger
    ) throws {
        self.registries = registries
        self.pool = pool
        self.identities = identities
        self.node = node
        self.logger = logger
        store = PodStore(node: node)
        directory = store.directory(podID)
        let record = try store.find(podID)
        plan = ContainerPlan(record: record, image: try ImageStore(root: node.images).image(record.imageID))
    }

    /// Attends the pod until it has ended and everything of its run is gone.
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

    /// The pod's whole life; whatever happens, its end is recorded and nothing of its run is left.
    private func live() async {
        do {
            try await servingImage {
                let began = ContinuousClock.now
                let machine = try await machine()
                trace.record("get a machine", since: began)
                do {
                    try await attend(machine)
                } catch {
                    await end(with: await explain(error, machine))
                }
                try await machine.virtualMachine.kill()
                await identities.forget(plan.record.id)
            }
        } catch {
            await end(with: error)
        }
        cleanUp()
    }

    private func cleanUp() {
        do {
            try plan.record.spec.autoRemove ? store.remove(plan.record.id) : store.removeRun(plan.record.id)
        } catch {
            logger.error("cannot clean up", metadata: ["container.id": "\(plan.record.id)", "error": "\(error)"])
        }
    }

    /// Runs the pod in its machine, until its process has ended and its output is safe.
    private func attend(_ machine: Machine) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let exit = try await machine.virtualMachine.waitForExit()
                throw PodsError(.node, "container \(plan.record.name) lost its machine: \(exit)")
            }
            group.addTask { try await converse(machine) }
            defer { group.cancelAll() }
            // The machine's end shows as an error; the other task's end is the pod's.
            _ = try await group.next()
        }
    }

    private func converse(_ machine: Machine) async throws {
        let began = ContinuousClock.now
        try await AgentClient.withConnection(
            to: machine.virtualMachine.agentSocket,
            fresh: machine.isUntouched,
            renewal: machine.renewal,
            patience: machine.isBooting ? node.bootPatience : Self.clonePatience
        ) { agent in
            trace.record("reach the guest's agent", since: began)
            try await machine.isNew ? begin(agent, machine) : resume(agent)
        }
    }

    /// A channel that ends has a reason that the machine knows better.
    private func explain(_ error: any Error, _ machine: Machine) async -> any Error {
        guard let error = error as? SandboxError, error.code == .disconnected || error.code == .timeout else {
            return error
        }
        let exit = try? await withTimeout(.seconds(2), else: { error }) {
            try await machine.virtualMachine.waitForExit()
        }
        if let exit { return PodsError(.node, "container \(plan.record.name) lost its machine: \(exit)", cause: error) }
        let console = await machine.virtualMachine.consoleTail(lines: 5).joined(separator: " | ")
        let quote = console.isEmpty ? "" : "; last console lines: \(console)"
        return PodsError(.node, "container \(plan.record.name): \(error.message)\(quote)", cause: error)
    }

    // MARK: The process

    /// Makes a new guest the pod's, and starts the process when a client asks for it.
    private func begin(_ agent: AgentClient, _ machine: Machine) async throws {
        async let given: Void = giveLayers(to: machine)
        try await trace.measure("make the guest the pod's") {
            let pod = PodIdentity.configuration(for: plan.record, interfaces: agent.guest?.interfaces ?? [])
            try await agent.configure(pod, of: plan.record.id, known: identities)
        }
        try await given
        life.update { $0.agent = agent }
        let ready = try await withTimeout(Self.startPatience) {
            PodsError(.node, "nobody started container \(plan.record.name) within \(Self.startPatience)")
        } _: {
            try await life.wait { $0.startRequest != nil }
        }
        let process = try await trace.measure("start the process") {
            try await agent.create(try plan.container(terminal: ready.startRequest?.terminal))
        }
        try store.setState(.running(since: Timestamp.now), of: plan.record)
        life.update { $0.process = process }
        try await follow(process, try LogFile(directory.log))
    }

    private func giveLayers(to machine: Machine) async throws {
        guard !machine.missing.isEmpty else { return }
        try await trace.measure("give it the layers") {
            try await machine.virtualMachine.fill(machine.missing, from: 1)
        }
    }

    /// Goes on where an attendant that died was.
    private func resume(_ agent: AgentClient) async throws {
        let (outputEnd, errorEnd) = try LogFile.ends(of: directory.log)
        let inherited = agent.inheritedProcesses
        guard let main = inherited.first(where: { $0.isInit }) else {
            throw PodsError(.node, "container \(plan.record.name) lost its process while nobody attended it")
        }
        let process = try await agent.takeOver(main, outputStart: outputEnd, errorStart: errorEnd)
        life.update { life in
            life.agent = agent
            life.startRequest = PodLife.StartRequest(terminal: nil)
            life.process = process
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for other in inherited where !other.isInit {
                group.addTask { try await drain(other, agent) }
            }
            defer { group.cancelAll() }
            try await follow(process, try LogFile(directory.log))
        }
    }

    /// Lets a process go on whose client went with the last attendant.
    private func drain(_ status: ProcessStatus, _ agent: AgentClient) async throws {
        let process = try await agent.takeOver(status, outputStart: 0, errorStart: 0)
        for await chunk in process.output { process.acknowledge(chunk) }
        _ = try await process.wait()
        try await agent.forget(process)
    }

    /// Logs and hands out what the process writes; then records how it ended.
    private func follow(_ process: AgentProcess, _ log: LogFile) async throws {
        let began = ContinuousClock.now
        var isSilent = true
        for await chunk in process.output {
            if isSilent { trace.record("wait for the first output", since: began) }
            isSilent = false
            let stream: LogRecord.Stream = chunk.channel == .error ? .error : .output
            try log.append(LogRecord(time: Timestamp.now, stream: stream, offset: chunk.offset, bytes: chunk.bytes))
            life.update { $0.logVersion += 1 }
            await hub.publish(chunk)
            process.acknowledge(chunk)
        }
        let status = try await process.wait()
        trace.record("run the process", since: began)
        try record(
            PodExit(code: status.shellCode, outOfMemory: status.outOfMemory, finished: Timestamp.now)
        )
    }

    // MARK: The end

    private func record(_ exit: PodExit) throws {
        try store.setState(.exited(exit), of: plan.record)
        life.update { $0.exit = exit }
    }

    private func end(with error: any Error) async {
        let failure = PodFailure.explain(error, plan.record)
        logger.error("pod failed", metadata: ["container.id": "\(plan.record.id)", "error": "\(failure.message)"])
        let exit = PodExit(code: failure.shellCode ?? 125, error: failure.message, finished: Timestamp.now)
        do {
            try store.setState(.exited(exit), of: plan.record)
        } catch {
            logger.error("cannot record the end", metadata: ["error": "\(error)"])
        }
        life.update { $0.failure = failure }
    }
}
