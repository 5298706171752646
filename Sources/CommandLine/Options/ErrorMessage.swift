import AgentProtocol
import EngineAPI
import FoundationEssentials
import Hypervisor
import Images
import Linux
import OCI
import Pods
import Sandboxes
import SystemPackage

/// The one line that a user reads of an error; what lies beneath is for logs.
enum ErrorMessage {
    static func text(of error: any Error) -> String {
        switch error {
        case let error as PodsError: error.message
        case let error as UsageError: error.message
        case let error as EngineError: error.message
        case let error as ImageError: error.message + remedy(of: error)
        case let error as HypervisorError: error.message
        case let error as SandboxError: error.message
        case let error as LinuxError: text(of: error)
        case let error as CocoaError: text(of: error)
        case let error as AgentFailure: text(of: error)
        default: "\(error)"
        }
    }

    private static func text(of failure: AgentFailure) -> String {
        let reason = failure.errno == 0 ? "" : " (\(Errno(rawValue: failure.errno)))"
        return "the guest could not \(failure.stage)\(reason)"
    }

    private static func text(of error: LinuxError) -> String {
        "cannot \(error.stage): \(error.errno)\(remedy(error.errno))"
    }

    /// Of Foundation's words only the path and the reason mean something to a user.
    private static func text(of error: CocoaError) -> String {
        let path = error.userInfo["NSFilePath"] as? String ?? "a file"
        let reason: Errno? =
            switch error.code {
            case .fileReadNoPermission, .fileWriteNoPermission: .permissionDenied
            case .fileReadNoSuchFile, .fileNoSuchFile: .noSuchFileOrDirectory
            case .fileWriteOutOfSpace: .noSpace
            case .fileWriteVolumeReadOnly: .readOnlyFileSystem
            default: nil
            }
        return "cannot use \(path)" + (reason.map { ": \($0)\(remedy($0))" } ?? " (error \(error.code.rawValue))")
    }

    /// The store names its files and reasons; what a user can do about permissions it does not know.
    private static func remedy(of error: ImageError) -> String {
        let errno = (error.cause as? LinuxError)?.errno ?? error.cause as? Errno
        return errno == .permissionDenied || errno == .readOnlyFileSystem ? errno.map(remedy) ?? "" : ""
    }

    private static func remedy(_ errno: Errno) -> String {
        switch errno {
        case .permissionDenied, .notPermitted: " (are you root? choose other places with --root and --run-root)"
        case .noSpace: " (make room on the disk)"
        case .readOnlyFileSystem: " (choose another place with --root or --run-root)"
        default: ""
        }
    }
}
