import AgentProtocol
import FoundationEssentials
import Hypervisor
import Logging
import Sandboxes
import SystemPackage

/// One run of a pod, in a machine of its own.
extension Attendant {
    /// How long a pod waits, booted, for the client that made it to start it, when no other client waits with it.
    ///
    /// A client asks at once, long before the guest is up: one that has not asked by then has died.
    static let startPatience: Duration = .seconds(10)

    /// How long a machine that need not boot may take to answer: tens of milliseconds, seconds on a loaded host.
    private static let clonePatience: Duration = .seconds(30)
    /// How long a guest may take to write what it has not written yet: its whole memory, to a slow disk.
    private static let unmountPatience: Duration = .seconds(120)

    /// Runs the pod once; its end is recorded, unless nobody started it.
    func run(_ number: Int) async {
        do {
            try await prepareFolder()
            try await servingImage {
                let began = ContinuousClock.now
                let machine = try await machine()
                trace.record("get a machine", since: began)
                do {
                    try await attend(machine)
                } catch  where !life.value.hasEnded(number) {
                    await end(with: await explain(error, machine))
                } catch {
                    logger.warning("a machine ended early", metadata: ["error": "\(error)"])
                }
                try await machine.virtualMachine.kill()
                await identities.forget(plan.record.id)
            }
        } catch  where !life.value.hasEnded(number) {
            await end(with: error)
        } catch {
            logger.error("cannot end a machine", metadata: ["error": "\(error)"])
        }
    }

    /// Runs the pod in its machine, until its process has ended and its output and its changes are safe.
    private func attend(_ machine: Machine) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let exit = try await machine.virtualMachine.waitForExit()
                throw PodsError(.node, "container \(plan.record.name) lost its machine: \(exit)")
            }
            group.addTask { try await converse(machine) }
            defer { group.cancelAll() }
            // The machine's end shows as an error; the other task's end is the run's.
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
        async let given: Void = giveDisks(to: machine)
        try await trace.measure("make the guest the pod's") {
            let pod = PodIdentity.configuration(for: plan.record, interfaces: agent.guest?.interfaces ?? [])
            try await agent.configure(pod, of: plan.record.id, known: identities)
        }
        try await given
        guard let request = try await startRequest() else { return }
        let log = try LogFile(directory.log)
        let process = try await trace.measure("start the process") {
            try await agent.create(try plan.container(terminal: request.terminal))
        }
        try status.change { life in
            life.status.begin(at: Timestamp.now, outputBase: log.outputEnd, errorBase: log.errorEnd)
            life.agent = agent
        }
        life.update { $0.process = process }
        tell(.start)
        try await follow(process, log)
        try await settle(agent)
    }

    private func giveDisks(to machine: Machine) async throws {
        if !machine.missing.isEmpty {
            try await trace.measure("give it the layers") {
                try await machine.virtualMachine.fill(machine.missing, from: 1)
            }
        }
        for disk in machine.unplugged {
            try await trace.measure("plug disk \(disk.id) in") { try await machine.virtualMachine.attachDisk(disk) }
        }
    }

    /// Waits until a client asks for the start.
    ///
    /// - Returns: `nil` when nobody does, or somebody does not want it any more.
    private func startRequest() async throws -> PodLife.StartRequest? {
        while true {
            let now = try await life.wait { $0.startRequest != nil || $0.watchers == 0 || $0.isLeaving }
            if now.status.isStopped, now.isRestarting {
                giveUp()
                return nil
            }
            if let request = now.startRequest {
                life.update { if !$0.isRestarting { $0.renew() } }
                return request
            }
            guard try await somebodyComes() else { return nil }
        }
    }

    /// Gives clients some time; when none has come then, none can come any more.
    private func somebodyComes() async throws -> Bool {
        struct TooLate: Error {}
        do {
            try await withTimeout(Self.startPatience, else: { TooLate() }) {
                _ = try await life.wait { $0.startRequest != nil || $0.watchers > 0 || $0.isLeaving }
            }
        } catch is TooLate {}
        return life.update { life in
            life.isOver = life.startRequest == nil && (life.watchers == 0 || life.isLeaving)
            return !life.isOver
        }
    }

    /// Goes on where an attendant that died was.
    private func resume(_ agent: AgentClient) async throws {
        let status = life.value.status
        let ends = try LogFile.ends(of: directory.log)
        let inherited = agent.inheritedProcesses
        guard let main = inherited.first(where: { $0.isInit }) else {
            throw PodsError(.node, "container \(plan.record.name) lost its process while nobody attended it")
        }
        let process = try await agent.takeOver(
            main,
            outputStart: ends.output - min(ends.output, status.outputBase),
            errorStart: ends.error - min(ends.error, status.errorBase)
        )
        // The last attendant may have died between the one and the other.
        _ = try? await agent.request(.pause(container: ContainerPlan.containerID, status.state.isPaused))
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
        try await settle(agent)
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
        let status = life.value.status
        var isSilent = true
        for await chunk in process.output {
            if isSilent { trace.record("wait for the first output", since: began) }
            isSilent = false
            let isError = chunk.channel == .error
            let place = chunk.offset + (isError ? status.errorBase : status.outputBase)
            let stream: LogRecord.Stream = isError ? .error : .output
            try log.append(LogRecord(time: Timestamp.now, stream: stream, offset: place, bytes: chunk.bytes))
            life.update { $0.logVersion += 1 }
            await hub.publish(chunk)
            process.acknowledge(chunk)
        }
        let end = try await process.wait()
        trace.record("run the process", since: began)
        try record(PodExit(code: end.shellCode, outOfMemory: end.outOfMemory, finished: Timestamp.now))
    }

    /// Lets the guest write its changes to their disk and let go of that: whatever ends the machine now loses nothing.
    private func settle(_ agent: AgentClient) async throws {
        guard plan.keepsChanges else { return }
        try await agent.request(.removeContainer(id: ContainerPlan.containerID), patience: Self.unmountPatience)
    }

    // MARK: The end

    private func record(_ exit: PodExit, _ failure: PodsError? = nil, mayRestart: Bool = true) throws {
        defer { tellEnd(exit) }
        let pause = life.update { life in
            life.status.end(exit, &life.schedule, mayRestart: mayRestart)
        }
        // Whoever is told of the end finds it on disk, if it can be written at all.
        defer {
            life.update { life in
                life.end = PodLife.End(run: life.run, exit: exit, failure: failure, pause: pause)
                life.process = nil
                life.isOver = pause == nil
            }
        }
        try status.change { _ in }
    }

    private func tellEnd(_ exit: PodExit) {
        if exit.outOfMemory { tell(.oom) }
        tell(.die, ["exitCode": "\(exit.code)"])
    }

    private func end(with error: any Error) async {
        let failure = PodFailure.explain(error, plan.record)
        logger.error("pod failed", metadata: ["container.id": "\(plan.record.id)", "error": "\(failure.message)"])
        let exit = PodExit(code: failure.shellCode ?? 125, error: failure.message, finished: Timestamp.now)
        // What somebody asked for and never ran is not tried again: it is told to whom asked.
        let state = life.value.status.state
        let mayRestart = state.isRunning || (state.isActive && failure.code == .node)
        do {
            try record(exit, failure, mayRestart: mayRestart)
        } catch {
            logger.error("cannot record the end", metadata: ["error": "\(error)"])
        }
    }
}
