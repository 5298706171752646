import OCI
import Pods

/// A pod's state in Docker's words.
extension PodSummary {
    /// `created`, `running`, `paused`, `restarting` or `exited`.
    var stateName: String {
        switch state {
        case .created: "created"
        case .running: "running"
        case .paused: "paused"
        case .restarting: "restarting"
        case .exited: "exited"
        }
    }

    /// `Up 3 minutes`, `Exited (0) 2 minutes ago`.
    var statusText: String {
        switch state {
        case .created: "Created"
        case .running(let since): "Up \(Self.elapsed(since))"
        case .paused(let since): "Up \(Self.elapsed(since)) (Paused)"
        case .restarting(let exit): "Restarting (\(exit.code)) \(Self.elapsed(exit.finished)) ago"
        case .exited(let exit): "Exited (\(exit.code)) \(Self.elapsed(exit.finished)) ago"
        }
    }

    private static func elapsed(_ time: Int64) -> String { HumanDuration.text(Pods.Timestamp.elapsed(since: time)) }

    /// How it ended last, if it does not run.
    var lastExit: PodExit? {
        switch state {
        case .restarting(let exit), .exited(let exit): exit
        case .created, .running, .paused: nil
        }
    }

    /// `State` of the inspection of a container.
    var stateDocument: JSONValue {
        let exit = lastExit
        return [
            "Status": .string(stateName),
            "Running": .bool(state.isActive),
            "Paused": .bool(state.isPaused),
            "Restarting": .bool(stateName == "restarting"),
            "OOMKilled": .bool(exit?.outOfMemory ?? false),
            "Dead": false,
            // The process has a number in its own machine only.
            "Pid": .number(state.isRunning ? 1 : 0),
            "ExitCode": .number(exit?.code ?? 0),
            "Error": .string(exit?.error ?? ""),
            "StartedAt": .string(EngineTime.text(started)),
            "FinishedAt": .string(EngineTime.text(finished)),
        ]
    }
}
