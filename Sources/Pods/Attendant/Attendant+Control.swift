import AgentProtocol
import Sandboxes

/// What users do to a pod that runs, or is to run again: they stop it, kill it, pause it.
extension Attendant {
    private static let kill: UInt8 = 9
    /// What ends a process unless it has a handler; who sends one of these wants the pod to end.
    private static let endings: Set<UInt8> = [2, 3, kill, 15]

    /// Ends the pod's process: with a signal, and by force when its time is over.
    ///
    /// It goes on when the client that asked has gone.
    ///
    /// - Returns: how the process ended; nothing of the run is left then.
    func stop(signal: UInt8, milliseconds: Int64?, keep: Bool) async throws -> PodExit {
        let run = try await wantEnd(keep: keep)
        // A process that this attendant has yet to take over is waited for; one that is yet to start never will.
        let now = try await life.wait { $0.process != nil || $0.isRestarting || $0.hasEnded(run) || $0.isOver }
        if now.process != nil {
            // A process that ends at the same instant takes no signal any more, and needs none.
            try? await send(signal)
            if try await !hasEnded(run, within: milliseconds) { try? await send(Self.kill) }
            try await life.wait { $0.hasEnded(run) || $0.isOver }
        }
        tell(.stop)
        let last = try await life.wait { $0.isCleanedUp }
        guard let exit = last.end?.exit ?? last.status.state.exit else {
            throw PodsError(.node, "container \(plan.record.name) ended without a trace")
        }
        return exit
    }

    /// Sends a signal to the pod's process.
    func signal(_ number: UInt8) async throws {
        let ends = Self.endings.contains(number) || number == plan.stopSignal
        let isRestarting = life.value.isRestarting
        if ends { try await wantEnd(keep: false) }
        if !isRestarting { try await send(number) }
    }

    /// Stops the time of the pod's processes, or lets it go on.
    func pause(_ isPaused: Bool) async throws {
        let agent = try await running().agent
        guard life.value.status.state.isPaused != isPaused else {
            let state = isPaused ? "is paused already" : "is not paused"
            throw PodsError(.conflict, "container \"\(plan.record.name)\" \(state)")
        }
        do {
            try await agent.request(.pause(container: ContainerPlan.containerID, isPaused))
        } catch let failure as AgentFailure {
            throw PodFailure.explain(failure, plan.record.name, command: "")
        }
        try status.change { life in
            switch life.status.state {
            case .running(let since) where isPaused: life.status.state = .paused(since: since)
            case .paused(let since) where !isPaused: life.status.state = .running(since: since)
            default: break
            }
        }
        tell(isPaused ? .pause : .unpause)
    }

    /// Refuses what a process that stands still could not do.
    func checkNotPaused() throws {
        guard life.value.status.state.isPaused else { return }
        let name = plan.record.name
        throw PodsError(.conflict, "container \"\(name)\" is paused (let it go on with \"apus unpause \(name)\")")
    }

    /// Notes that the pod is not to start again by itself.
    ///
    /// - Returns: the run that is to end.
    @discardableResult
    private func wantEnd(keep: Bool) async throws -> Int {
        // One that is just being started can be ended only then.
        try await life.wait { $0.status.state.isActive || !$0.expectsProcess }
        let isThere = life.update { life in
            guard life.status.state.isActive, !life.isOver else { return false }
            life.status.isStopped = true
            life.keeps = life.keeps || keep
            return true
        }
        guard isThere else { throw notRunning }
        try status.change { _ in }
        return life.value.nextRun
    }

    /// A process that stands still would take no notice of anything but force.
    private func send(_ number: UInt8) async throws {
        let running = try await running()
        try await running.signal(number)
        tell(.kill, ["signal": "\(number)"])
        if life.value.status.state.isPaused, number != Self.kill { try await pause(false) }
    }

    private func hasEnded(_ run: Int, within milliseconds: Int64?) async throws -> Bool {
        struct TooLate: Error {}
        guard let milliseconds else {
            try await life.wait { $0.hasEnded(run) || $0.isOver }
            return true
        }
        do {
            try await withTimeout(.milliseconds(milliseconds), else: { TooLate() }) {
                _ = try await life.wait { $0.hasEnded(run) || $0.isOver }
            }
            return true
        } catch is TooLate {
            return false
        }
    }

    /// Lets go of a pod that does not run.
    func leave() throws {
        let leaves = life.update { life in
            guard life.isOver || (life.startRequest == nil && life.process == nil) else { return false }
            life.isLeaving = true
            return true
        }
        guard leaves else {
            throw PodsError(.conflict, "container \"\(plan.record.name)\" is being started")
        }
    }

    /// Waits for an end.
    func wait(for condition: WaitCondition) async throws -> PodExit {
        let run = life.value.nextRun
        let now = try await life.wait { life in
            switch condition {
            case .notRunning: life.isOver || !life.status.state.isActive
            case .nextExit: life.hasEnded(run) || life.isCleanedUp
            case .removed: life.isCleanedUp
            }
        }
        let isThere = condition == .removed && (try? store.find(plan.record.id)) != nil
        guard let exit = now.status.state.exit ?? now.end?.exit, !isThere, condition != .nextExit || now.hasEnded(run)
        else { throw leaving }
        return exit
    }

    var notRunning: PodsError {
        PodsError(.conflict, "container \"\(plan.record.name)\" is not running (see \"apus ps -a\")")
    }

    var leaving: PodsError {
        PodsError(.leaving, "the attendant of container \"\(plan.record.name)\" is about to go (try again)")
    }
}
