import AgentProtocol
import Sandboxes

/// What clients ask of an attendant; each has a connection of its own.
extension Attendant {
    func serve(_ frames: ControlFrames, _ client: ControlConnection) async throws {
        let inbox = ClientInbox()
        try await withThrowingTaskGroup(of: Void.self) { group in
            // A client whose input cannot be passed on is still to hear of its process's end.
            group.addTask { try? await inbox.read(frames) }
            defer { group.cancelAll() }
            guard let request = try await inbox.request() else { return }
            try await reply(request, inbox, client)
            // The connection's end tells the client that nothing of the run is left, once the pod has ended.
            if life.value.isOver { try await life.wait { $0.isCleanedUp } }
        }
    }

    private func reply(_ request: [UInt8], _ inbox: ClientInbox, _ client: ControlConnection) async throws {
        do {
            try await answer(try JSON.decode(ControlRequest.self, request), inbox, client)
        } catch let error as CancellationError {
            throw error
        } catch {
            try await client.send(.failed(try JSON.encode(ControlFailure(error))))
        }
    }

    private func answer(
        _ request: ControlRequest,
        _ inbox: ClientInbox,
        _ client: ControlConnection
    ) async throws {
        switch request {
        case .start(let attach, let rows, let columns, let tells):
            let start = PodLife.StartRequest(terminal: TerminalSize(rows: rows, columns: columns))
            try await attached(to: attach, client) {
                let run = try await enter(client) { life in if life.startRequest == nil { life.startRequest = start } }
                try await serveMain(run, inbox, client, untilEnd: attach, tellsTrace: tells)
            }
        case .attach, .watch:
            try await attached(to: true, client) {
                let run = try await enter(client) { $0.watchers += 1 }
                defer { life.update { $0.watchers -= 1 } }
                guard try await starts(run, before: inbox) else { return }
                try await serveMain(run, inbox, client, untilEnd: true, tellsTrace: false, ownsInput: request != .watch)
            }
        case .execute(let spec, let rows, let columns):
            try await execute(spec, TerminalSize(rows: rows, columns: columns), inbox, client)
        case .signal(let number):
            try await signal(number)
            try await client.send(.started)
        case .stop(let signal, let milliseconds, let keep):
            let exit = try await stop(signal: signal, milliseconds: milliseconds, keep: keep)
            try await client.send(.ended(try JSON.encode(exit)))
        case .pause(let isPaused):
            try await pause(isPaused)
            try await client.send(.started)
        case .wait(let condition):
            try await client.send(.ready)
            try await client.send(.ended(try JSON.encode(try await wait(for: condition))))
        case .leave:
            try leave()
            try await client.send(.started)
        case .archive(let pause):
            try await archive(pause: pause, inbox, client)
        case .followLog(let skip):
            try await followLog(skip: skip, client)
        case .resize, .usage, .processes, .readFile, .writeFile:
            try await query(request, inbox, client)
        }
    }

    // MARK: The pod's process

    private func attached(
        to isAttached: Bool,
        _ client: ControlConnection,
        _ body: () async throws -> Void
    ) async throws {
        guard isAttached else { return try await body() }
        let number = await hub.attach(client)
        do {
            try await body()
        } catch {
            await hub.detach(number)
            throw error
        }
        await hub.detach(number)
    }

    /// Takes a client in, unless nothing will start any more.
    ///
    /// - Returns: the run that it is to see.
    private func enter(_ client: ControlConnection, _ change: (inout PodLife) -> Void) async throws -> Int {
        let run: Int? = life.update { life in
            guard !life.isOver else { return nil }
            change(&life)
            return life.nextRun
        }
        guard let run else { throw leaving }
        try await client.send(.ready)
        return run
    }

    /// Whether a run starts, or cannot, while its client is there.
    private func starts(_ run: Int, before inbox: ClientInbox) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await life.wait { $0.process != nil || $0.hasEnded(run) || $0.isOver }
                return true
            }
            group.addTask {
                try await inbox.waitUntilGone()
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    private func serveMain(
        _ run: Int,
        _ inbox: ClientInbox,
        _ client: ControlConnection,
        untilEnd: Bool,
        tellsTrace: Bool,
        ownsInput: Bool = true
    ) async throws {
        let life = try await life.wait { $0.process != nil || $0.hasEnded(run) || $0.isOver }
        guard life.process != nil || life.hasEnded(run) else { throw leaving }
        if let failure = life.end?.failure, life.hasEnded(run) { throw failure }
        try await client.send(.started)
        guard untilEnd else { return }
        if let process = life.process, let agent = life.agent {
            forwardInput(inbox, to: process, agent, ownsInput: ownsInput)
        }
        let end = try await self.life.wait { $0.hasEnded(run) }.end
        if tellsTrace { try await client.send(.trace(try JSON.encode(trace.spans))) }
        if let failure = end?.failure { throw failure }
        if let exit = end?.exit { try await client.send(.ended(try JSON.encode(exit))) }
    }

    struct Running {
        let agent: AgentClient
        let process: AgentProcess

        func signal(_ number: UInt8) async throws {
            try await agent.request(.signal(process: process.id, signal: number, everyone: false))
        }
    }

    /// The pod's process; one that is being started, or taken over, is waited for.
    func running() async throws -> Running {
        let life = try await life.wait { $0.process != nil || !$0.expectsProcess }
        guard let agent = life.agent, let process = life.process else { throw notRunning }
        return Running(agent: agent, process: process)
    }

    // MARK: Further processes

    private func execute(
        _ spec: ExecSpec,
        _ terminal: TerminalSize,
        _ inbox: ClientInbox,
        _ client: ControlConnection
    ) async throws {
        let agent = try await running().agent
        try checkNotPaused()
        let process = try await start(spec, terminal, agent)
        tell(.execStart, ["execID": "\(process.id)", "command": spec.command.joined(separator: " ")])
        try await client.send(.started)
        forwardInput(inbox, to: process, agent)
        var isThere = true
        for await chunk in process.output {
            let frame: ControlFrame = chunk.channel == .error ? .error(chunk.bytes) : .output(chunk.bytes)
            // A client that went away leaves its process running, with nobody to listen to it.
            if isThere { do { try await client.send(frame) } catch { isThere = false } }
            process.acknowledge(chunk)
        }
        let status = try await process.wait()
        try await agent.forget(process)
        let exit = PodExit(code: status.shellCode, outOfMemory: status.outOfMemory, finished: Timestamp.now)
        tell(.execDie, ["execID": "\(process.id)", "exitCode": "\(exit.code)"])
        if isThere { try await client.send(.ended(try JSON.encode(exit))) }
    }

    private func start(_ spec: ExecSpec, _ terminal: TerminalSize, _ agent: AgentClient) async throws -> AgentProcess {
        do {
            let id = agent.unusedProcessID()
            return try await agent.execute(
                try plan.process(spec, id: id, terminal: terminal),
                in: ContainerPlan.containerID
            )
        } catch let failure as AgentFailure {
            throw PodFailure.explain(failure, plan.record.name, command: spec.command.first ?? "")
        }
    }

    // MARK: Input

    /// Passes on what a client sends to its process.
    ///
    /// - Parameter ownsInput: whether the process's input may end with this client.
    private func forwardInput(
        _ inbox: ClientInbox,
        to process: AgentProcess,
        _ agent: AgentClient,
        ownsInput: Bool = true
    ) {
        let spec = plan.record.spec
        let endsWithClient =
            process.id != ContainerPlan.initProcess || ownsInput && !spec.terminal && !spec.refinements.keepsInput
        inbox.forward { frame in
            switch frame {
            case .input(let bytes): try await process.write(bytes)
            case .inputEnd: process.finishInput()
            case .resize(let rows, let columns):
                try await agent.request(.resize(process: process.id, TerminalSize(rows: rows, columns: columns)))
            case .signal(let number) where process.id == ContainerPlan.initProcess: try await signal(number)
            case .signal(let number):
                try await agent.request(.signal(process: process.id, signal: number, everyone: false))
            // Without a terminal nobody can come back to go on typing: input ends with its client, as Docker does it.
            case nil: if endsWithClient { process.finishInput() }
            default: throw PodsError(.invalid, "a client sent what only an attendant may")
            }
        }
    }

    // MARK: The log

    /// Sends the log from its beginning and what is added to it, at the client's pace.
    private func followLog(skip: Int, _ client: ControlConnection) async throws {
        let reader = LogReader(directory.log)
        var passed = 0
        while true {
            let before = life.value
            while let record = try reader.next() {
                passed += 1
                guard passed > skip else { continue }
                try await client.send(record.stream == .error ? .error(record.bytes) : .output(record.bytes))
            }
            guard !before.isOver else { break }
            try await life.wait { $0.logVersion != before.logVersion || $0.isOver }
        }
        try await client.send(.ended(try JSON.encode(life.value.end?.exit ?? PodExit(code: 0, finished: 0))))
    }
}
