import AgentProtocol
import Sandboxes

/// Where a pod is, for everybody in its attendant to wait on.
struct PodLife: Sendable {
    /// A client's wish that the process start.
    struct StartRequest: Sendable {
        let terminal: TerminalSize?
    }

    /// The end of one run.
    struct End: Sendable {
        let run: Int
        /// What clients are told.
        let exit: PodExit
        /// Why the process could not start, to be told to the client that asked.
        let failure: PodsError?
        /// How long until the next run, if there is to be one.
        let pause: Duration?
    }

    /// What is kept on disk.
    var status: PodStatus
    var schedule: RestartSchedule
    /// The number of the run that this attendant prepares or attends.
    var run = 0
    /// Set once, by the first client that asks.
    var startRequest: StartRequest?
    /// Clients that wait for the start that another one asks for.
    var watchers = 0
    /// The guest, once its agent answers, and the pod's process, once it runs.
    var agent: AgentClient?
    var process: AgentProcess?
    /// How the last run ended.
    var end: End?
    /// Whether the pod stays, though it goes with its process, because it is only restarted.
    var keeps = false
    /// Whether somebody wants the attendant to let go of a pod that does not run.
    var isLeaving = false
    /// Whether nothing will start any more.
    var isOver = false
    /// Whether everything that the runs needed is gone.
    var isCleanedUp = false
    /// Grows with every record of the log.
    var logVersion: UInt64 = 0

    init(_ status: PodStatus, _ policy: RestartPolicy, alone: Bool) {
        self.status = status
        schedule = RestartSchedule(policy, restarts: status.restarts)
        if alone { startRequest = StartRequest(terminal: nil) }
    }

    /// Whether a process is to be taken over from an attendant that died.
    var isInherited: Bool { run <= 1 && status.state.isRunning && process == nil && end == nil }

    /// Whether it waits for its next run.
    var isRestarting: Bool { if case .restarting = status.state { !isOver } else { false } }

    /// Whether a process is about to be there.
    var expectsProcess: Bool { !isOver && (isInherited || (startRequest != nil && !isRestarting)) }

    /// Notes that somebody wants the pod to run: what came before does not count any more.
    mutating func renew() {
        status.renew()
        schedule = RestartSchedule(schedule.policy)
    }

    /// Whether a run has ended.
    func hasEnded(_ run: Int) -> Bool { (end?.run ?? 0) >= run }

    /// The run that a client who comes now is to see: the current one, or the next if that has ended.
    var nextRun: Int { hasEnded(run) ? run + 1 : max(run, 1) }
}
