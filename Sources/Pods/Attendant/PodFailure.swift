import AgentProtocol
import Images
import OCI
import SystemPackage

/// Turns what went wrong into one sentence and the exit code that Docker would give.
enum PodFailure {
    static func explain(_ error: any Error, _ record: PodRecord) -> PodsError {
        switch error {
        case let error as PodsError: error
        case let error as AgentFailure: explain(error, record.name, command: record.commandLine.first ?? "")
        case Errno.noSpace:
            PodsError(.node, "container \(record.name): no space left on the disk of its log (make room)", cause: error)
        default: PodsError(.node, "container \(record.name): \(error)", cause: error)
        }
    }

    static func explain(_ failure: AgentFailure, _ name: String, command: String) -> PodsError {
        switch failure.code {
        case .commandNotFound:
            PodsError(
                .commandNotFound,
                "container \(name): command \"\(command)\" not found in the image",
                cause: failure
            )
        case .commandNotExecutable:
            PodsError(
                .commandNotExecutable,
                "container \(name): command \"\(command)\" cannot be executed (\(Errno(rawValue: failure.errno)))",
                cause: failure
            )
        default:
            PodsError(
                .node,
                "container \(name): the guest could not \(failure.stage)\(failure.errno == 0 ? "" : " (\(Errno(rawValue: failure.errno)))")",
                cause: failure
            )
        }
    }
}

extension PodsError {
    /// The exit code of a command that ended with this error, where shells have one of their own for it.
    package var shellCode: Int32? {
        switch code {
        case .commandNotFound: 127
        case .commandNotExecutable: 126
        default: nil
        }
    }
}

extension PodFailure {
    /// Says what a guest's refusal means for an object of a container, such as a file.
    static func explain(_ failure: AgentFailure, _ name: String, object: String) -> PodsError {
        let reason = failure.errno == 0 ? failure.stage : "\(Errno(rawValue: failure.errno))"
        switch (failure.code, Errno(rawValue: failure.errno)) {
        case (.notFound, _):
            return PodsError(.notFound, "container \(name) has no \(object)", cause: failure)
        case (_, .isDirectory), (_, .notDirectory), (_, .invalidArgument), (_, .permissionDenied),
            (_, .readOnlyFileSystem), (_, .notPermitted):
            return PodsError(.invalid, "container \(name): \(object) cannot be used (\(reason))", cause: failure)
        case (.state, _), (.invalid, _):
            return PodsError(.conflict, "container \(name): \(object) cannot be used now (\(reason))", cause: failure)
        default: return PodsError(.node, "container \(name): \(object) cannot be used (\(reason))", cause: failure)
        }
    }
}
