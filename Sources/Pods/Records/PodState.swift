/// Where a pod is in its life.
package enum PodState: Codable, Sendable, Equatable {
    /// Declared; its process has never started.
    case created
    /// Its process runs.
    case running(since: Int64)
    /// Its process has been running since then, and stands still until it is told to go on.
    case paused(since: Int64)
    /// Its process has ended so, and will start again by itself.
    case restarting(PodExit)
    /// Its process has ended, or could not start.
    case exited(PodExit)

    /// How it ended, if it has, for good.
    package var exit: PodExit? { if case .exited(let exit) = self { exit } else { nil } }

    /// Whether there is a process, be it that it stands still.
    package var isRunning: Bool {
        switch self {
        case .running, .paused: true
        case .created, .restarting, .exited: false
        }
    }

    /// Whether its process stands still.
    package var isPaused: Bool { if case .paused = self { true } else { false } }

    /// Whether it runs or will run again by itself: what Docker's lists show.
    package var isActive: Bool { if case .restarting = self { true } else { isRunning } }
}

/// How a pod ended.
package struct PodExit: Codable, Sendable, Equatable {
    /// The exit code as Docker gives it: the process's, 128 and a signal, 126 or 127 for a command that could not be
    /// executed or found, 125 when Apus itself failed.
    package var code: Int32
    /// Whether its memory limit killed something of it.
    package var outOfMemory = false
    /// What failed, when it was not the process itself.
    package var error: String?
    /// When, in nanoseconds since 1970.
    package var finished: Int64

    /// Describes an end.
    package init(code: Int32, outOfMemory: Bool = false, error: String? = nil, finished: Int64) {
        self.code = code
        self.outOfMemory = outOfMemory
        self.error = error
        self.finished = finished
    }
}
