import OCI
import Pods

/// A further process of a container, as its client declared it and as it is.
struct ExecInstance: Sendable {
    /// Where it is in its life.
    enum State: Sendable {
        case created
        /// Somebody has asked for its start.
        case starting
        case running(PodSession)
        case ended(code: Int32)

        var isRunning: Bool { if case .running = self { true } else { false } }
    }

    let id: String
    let container: String
    let spec: ExecSpec
    let streams: Set<PodSpec.Options.Stream>
    var state = State.created
    /// The size of its client's terminal, if that was told before it ran.
    var size: TerminalDimensions?
    /// When it ended.
    var ended: ContinuousClock.Instant?

    /// What its inspection tells.
    var json: JSONValue {
        var code: JSONValue = .null
        if case .ended(let number) = state { code = .number(number) }
        return [
            "ID": .string(id), "ContainerID": .string(container), "Running": .bool(state.isRunning),
            "ExitCode": code, "Pid": 0, "CanRemove": false, "DetachKeys": "",
            "OpenStdin": .bool(spec.openInput), "OpenStdout": .bool(streams.contains(.output)),
            "OpenStderr": .bool(streams.contains(.error)),
            "ProcessConfig": [
                "entrypoint": .string(spec.command.first ?? ""), "arguments": .list(spec.command.dropFirst()),
                "tty": .bool(spec.terminal), "privileged": .bool(spec.privileged ?? false),
                "user": .string(spec.user ?? ""),
            ],
        ]
    }
}
