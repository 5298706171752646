/// What is kept of a pod beside its declaration: its state, and what came before.
///
/// Whoever holds the pod's lock writes it: its attendant, or in its absence who looks after what it has left.
struct PodStatus: Codable, Sendable, Equatable {
    /// Where it is in its life.
    var state = PodState.created
    /// When its process started and ended last.
    var started, finished: Int64?
    /// How often it has started at all, and how often by itself since somebody started it.
    var runs = 0
    var restarts = 0
    /// Whether it ended, or is to end, because somebody wanted that.
    var isStopped = false
    /// How much of each stream was in the log when the process of the last run started.
    var outputBase, errorBase: UInt64

    init(_ state: PodState = .created) {
        self.state = state
        (outputBase, errorBase) = (0, 0)
        switch state {
        case .created: break
        case .running(let since), .paused(let since): (started, runs) = (since, 1)
        case .restarting(let exit), .exited(let exit): finished = exit.finished
        }
    }

    /// Earlier versions kept nothing but the state.
    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        guard values.contains(.state) else {
            self.init(try PodState(from: decoder))
            return
        }
        self.init()
        state = try values.decode(PodState.self, forKey: .state)
        started = try values.decodeIfPresent(Int64.self, forKey: .started)
        finished = try values.decodeIfPresent(Int64.self, forKey: .finished)
        runs = try values.decodeIfPresent(Int.self, forKey: .runs) ?? 0
        restarts = try values.decodeIfPresent(Int.self, forKey: .restarts) ?? 0
        isStopped = try values.decodeIfPresent(Bool.self, forKey: .isStopped) ?? false
        outputBase = try values.decodeIfPresent(UInt64.self, forKey: .outputBase) ?? 0
        errorBase = try values.decodeIfPresent(UInt64.self, forKey: .errorBase) ?? 0
    }

    /// Notes the start of a process.
    mutating func begin(at time: Int64, outputBase: UInt64, errorBase: UInt64) {
        state = .running(since: time)
        started = time
        runs += 1
        (self.outputBase, self.errorBase) = (outputBase, errorBase)
    }

    /// Notes that somebody wants the pod to run: what came before does not count any more.
    mutating func renew() {
        restarts = 0
        isStopped = false
    }

    /// Notes an end.
    ///
    /// - Returns: how long to wait before the next start, if there is to be one.
    mutating func end(_ exit: PodExit, _ schedule: inout RestartSchedule, mayRestart: Bool) -> Duration? {
        let ran = Duration.nanoseconds(max(0, exit.finished - (started ?? exit.finished)))
        let pause = schedule.pause(after: exit.code, ran: ran, isStopped: isStopped || !mayRestart)
        restarts = schedule.restarts
        finished = exit.finished
        state = pause == nil ? .exited(exit) : .restarting(exit)
        return pause
    }
}
