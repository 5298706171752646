/// Decides after each end of a pod's process whether and when it starts again; the numbers are Docker's.
struct RestartSchedule: Sendable, Equatable {
    /// Before the first start again; each further one waits twice as long, up to the last number.
    static let (shortest, longest): (Duration, Duration) = (.milliseconds(100), .seconds(60))
    /// After so long a run the next wait is the shortest again.
    static let steady: Duration = .seconds(10)

    let policy: RestartPolicy
    /// How often it has started again by itself since somebody started it.
    private(set) var restarts: Int
    private var last: Duration?

    init(_ policy: RestartPolicy, restarts: Int = 0) {
        self.policy = policy
        self.restarts = restarts
    }

    /// What is to come after an end.
    ///
    /// - Parameters:
    ///   - ran: how long it ran.
    ///   - isStopped: whether somebody wanted it to end.
    /// - Returns: how long to wait before it starts again, or `nil` when it does not.
    mutating func pause(after code: Int32, ran: Duration, isStopped: Bool) -> Duration? {
        guard !isStopped, allows(code) else { return nil }
        restarts += 1
        let pause = ran >= Self.steady ? Self.shortest : min(last.map { $0 * 2 } ?? Self.shortest, Self.longest)
        last = pause
        return pause
    }

    /// Whether a pod that has ended starts with the node's daemon.
    static func startsWithDaemon(_ policy: RestartPolicy, _ status: PodStatus) -> Bool {
        guard case .exited(let exit) = status.state, status.runs > 0 else { return false }
        switch policy {
        case .no: return false
        case .always: return true
        case .unlessStopped: return !status.isStopped
        case .onFailure:
            return !status.isStopped && RestartSchedule(policy, restarts: status.restarts).allows(exit.code)
        }
    }

    private func allows(_ code: Int32) -> Bool {
        switch policy {
        case .no: false
        case .always, .unlessStopped: true
        case .onFailure(let most): code != 0 && (most == 0 || restarts < most)
        }
    }
}
