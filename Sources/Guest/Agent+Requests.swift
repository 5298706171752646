import AgentProtocolEmbedded
import CLinux

/// Where an answer that takes a while must go.
struct PendingReply {
    let request: UInt32
    let generation: UInt32
}

/// What waits for its disks.
struct AwaitedDisks {
    enum Purpose {
        case container(ContainerSpec)
        case retention([LayerSource])
        case sealing
    }

    let purpose: Purpose
    let reply: PendingReply
    /// When it is given up, in microseconds since boot.
    let deadline: Int64

    /// What the host calls it.
    var name: String {
        switch purpose {
        case .container(let spec): "container \(spec.id)"
        case .retention(let layers): "layers of \(layers[0].serial)"
        case .sealing: "a template"
        }
    }

    var isSealing: Bool { if case .sealing = purpose { true } else { false } }

    func isContainer(_ id: String) -> Bool {
        if case .container(let spec) = purpose { spec.id.isSame(as: id) } else { false }
    }
}

extension Agent {
    /// How long a disk may take to appear: hot-plug takes 60–80 ms under emulation, on a loaded machine seconds.
    private static let diskPatience: Int64 = 15_000_000

    /// Does what the host asks and answers, at once or when it is done.
    func answer(_ request: Request, id: UInt32) {
        let pending = PendingReply(request: id, generation: session.generation)
        do throws(AgentFailure) {
            if let response = try perform(request, pending) { reply(response, to: id) }
        } catch {
            reply(.failure(error), to: id)
        }
    }

    /// - Returns: `nil` when the answer comes later.
    private func perform(_ request: Request, _ pending: PendingReply) throws(AgentFailure) -> Response? {
        switch request {
        case .configurePod(let pod): return .identity(try configure(pod))
        case .createContainer(let spec): return try create(spec, pending)
        case .startContainer(let id): return try start(try existing(id), pending)
        case .execute(let id, let spec): return try execute(spec, in: try existing(id), pending)
        case .signal(let process, let signal, let everyone):
            try send(signal: signal, to: try existing(process), everyone: everyone)
        case .resize(let process, let size): try existing(process).resize(size)
        case .forget(let process): try forget(try existing(process))
        case .removeContainer(let id): return try remove(try existing(id), pending)
        case .readFile(let range): return .file(try Files.read(range, in: try existing(range.container)))
        case .writeFile(let piece): try Files.write(piece, in: try existing(piece.container))
        case .archive(let process, let id, let pause):
            return try archive(try existing(id), process: process, pause: pause, pending)
        case .statistics: return .statistics(statistics)
        case .seal: return try seal(pending)
        case .retain(let layers): return try wait(for: .retention(layers), pending)
        case .pause(let id, let isPaused): try pause(try existing(id), isPaused)
        case .shutdown: lx_power_off()
        }
        return .done
    }

    private func existing(_ id: String) throws(AgentFailure) -> Container {
        guard let container = container(id) else { throw AgentFailure(.notFound, stage: "find container \(id)") }
        return container
    }

    private func existing(_ id: UInt32) throws(AgentFailure) -> GuestProcess {
        guard let process = process(id) else { throw AgentFailure(.notFound, stage: "find process \(id)") }
        return process
    }

    private func configure(_ pod: PodConfiguration) throws(AgentFailure) -> GuestIdentity {
        guard containers.isEmpty, awaitingDisks.isEmpty else {
            throw AgentFailure(.state, stage: "configure a pod that has containers")
        }
        try PodSetup.apply(pod)
        hostname = pod.hostname
        isConfigured = true
        return try GuestIdentity.current(answering: pod.challenge, renewed: isRenewed)
    }

    // MARK: Containers

    private func create(_ spec: ContainerSpec, _ pending: PendingReply) throws(AgentFailure) -> Response? {
        guard isConfigured else { throw AgentFailure(.state, stage: "create a container before the pod is configured") }
        guard container(spec.id) == nil, !awaitingDisks.contains(where: { $0.isContainer(spec.id) }) else {
            throw AgentFailure(.exists, stage: "create container \(spec.id)")
        }
        return try wait(for: .container(spec), pending)
    }

    /// Does what needs disks, now or when they have appeared.
    func wait(for purpose: AwaitedDisks.Purpose, _ pending: PendingReply) throws(AgentFailure) -> Response? {
        guard !awaitingDisks.contains(where: { $0.isSealing }) else {
            throw AgentFailure(.state, stage: "use a guest that is being sealed")
        }
        let deadline = lx_uptime_us() + Agent.diskPatience
        let awaited = AwaitedDisks(purpose: purpose, reply: pending, deadline: deadline)
        guard containers.count + awaitingDisks.count < ProtocolLimits.containers else {
            throw AgentFailure(.limit, stage: "make room for \(awaited.name)")
        }
        guard let response = try attempt(awaited) else {
            awaitingDisks.append(awaited)
            return nil
        }
        return response.now
    }

    /// An answer to give now, or later by somebody else.
    private struct Outcome { let now: Response? }

    /// Does what was waited for if its disks are there.
    ///
    /// - Returns: `nil` when they are not.
    private func attempt(_ awaited: AwaitedDisks) throws(AgentFailure) -> Outcome? {
        switch awaited.purpose {
        case .retention(let layers): return try disks.retain(layers) ? Outcome(now: .done) : nil
        case .sealing:
            isSealed = try disks.prepare()
            return isSealed ? Outcome(now: .done) : nil
        case .container(let spec):
            guard let container = try Container.make(spec, disks: disks, cgroups: cgroups) else { return nil }
            containers.append(container)
            guard spec.start else { return Outcome(now: .done) }
            return Outcome(now: try start(container, awaited.reply))
        }
    }

    /// Looks again for the disks that are waited for.
    func retryAwaited() {
        let waiting = awaitingDisks
        awaitingDisks = []
        for awaited in waiting {
            do throws(AgentFailure) {
                if let outcome = try attempt(awaited) {
                    if let response = outcome.now { reply(response, to: awaited.reply) }
                } else if lx_uptime_us() < awaited.deadline {
                    awaitingDisks.append(awaited)
                } else {
                    throw AgentFailure(.timeout, stage: "wait for the disks of \(awaited.name)")
                }
            } catch {
                reply(.failure(error), to: awaited.reply)
            }
        }
    }

    private func start(_ container: Container, _ pending: PendingReply) throws(AgentFailure) -> Response? {
        guard container.initPID == 0, !container.isDoomed,
            !processes.contains(where: { $0.isInit && $0.container === container })
        else { throw AgentFailure(.state, stage: "start container \(container.id) a second time") }
        do throws(AgentFailure) {
            try checkNumber(container.spec.process.id)
            let process = try Launcher.startInit(of: container, hostname: hostname)
            container.initPID = process.pid
            let handle = lx_pidfd_open(process.pid)
            container.initHandle = handle >= 0 ? OwnedFile(handle) : nil
            process.starting = pending
            processes.append(process)
        } catch {
            discard(container)
            throw error
        }
        return nil
    }

    private func remove(_ container: Container, _ pending: PendingReply) throws(AgentFailure) -> Response? {
        guard container.removal == nil else {
            throw AgentFailure(.state, stage: "remove container \(container.id) a second time")
        }
        container.removal = pending
        container.isDoomed = true
        endArchives(of: container)
        if container.initPID != 0 { try container.cgroup.kill() }
        removeIfEmpty(container)
        return nil
    }

    /// Takes a doomed container down once the last of its processes has been reaped.
    func removeIfEmpty(_ container: Container) {
        guard container.isDoomed,
            !processes.contains(where: { $0.container === container && $0.exit == nil })
        else { return }
        for process in processes where process.container === container { process.readOutput(&scratch) }
        discard(container)
        reply(.done, to: container.removal)
    }

    private func discard(_ container: Container) {
        container.remove()
        containers.removeAll { $0 === container }
    }

    // MARK: Processes

    func checkNumber(_ id: UInt32) throws(AgentFailure) {
        guard process(id) == nil else { throw AgentFailure(.exists, stage: "start process \(id)") }
        guard processes.count < ProtocolLimits.processes else {
            throw AgentFailure(.limit, stage: "start process \(id): too many that nobody has forgotten")
        }
    }

    private func execute(
        _ spec: ProcessSpec,
        in container: Container,
        _ pending: PendingReply
    ) throws(AgentFailure) -> Response? {
        try checkNumber(spec.id)
        guard !container.isDoomed else {
            throw AgentFailure(.state, stage: "container \(container.id) is being removed")
        }
        // It would be stopped before it has executed anything, and its start waited for in vain.
        guard !container.isFrozen else {
            throw AgentFailure(.state, stage: "execute while container \(container.id) is paused")
        }
        let process = try Launcher.startFurther(spec, in: container)
        process.starting = pending
        processes.append(process)
        return nil
    }

    private func send(signal: UInt8, to process: GuestProcess, everyone: Bool) throws(AgentFailure) {
        guard signal <= 64 else { throw AgentFailure(.invalid, stage: "signal \(signal)") }
        let name = "signal process \(process.id)"
        if everyone {
            guard signal != UInt8(SIGKILL) else { return try process.container.cgroup.kill() }
            for pid in process.container.cgroup.processes { kill(pid, Int32(signal)) }
            return
        }
        guard process.exit == nil, process.pid > 0 else { throw AgentFailure(.state, stage: name, errno: ESRCH) }
        try System.check(kill(process.pid, Int32(signal)), name)
    }

    private func forget(_ process: GuestProcess) throws(AgentFailure) {
        guard process.exit != nil else {
            throw AgentFailure(.state, stage: "forget process \(process.id) while it runs")
        }
        process.endStreams()
        processes.removeAll { $0 === process }
    }

    private var statistics: PodStatistics {
        let memory = MemoryInfo.read()
        return PodStatistics(
            memoryTotal: memory.total,
            memoryAvailable: memory.available,
            uptime: UInt64(lx_uptime_us()),
            containers: containers.map { $0.statistics }
        )
    }
}
