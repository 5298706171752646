import AgentProtocol
import FoundationEssentials
import Hypervisor
import Images
import Linux
import Pods
import Sandboxes
import SystemPackage

/// The one line that a user reads of an error; what lies beneath is for logs.
enum ErrorMessage {
    static func text(of error: any Error) -> String {
        switch error {
        case let error as PodsError: error.message
        case let error as UsageError: error.message
        case let error as ImagesError: error.message
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

    /// Foundation says what it could not do only as a number; the path and the kernel's reason say enough.
    private static func text(of error: CocoaError) -> String {
        let path = error.userInfo[NSFilePathErrorKey] as? String ?? "a file"
        guard let cause = error.underlying as? POSIXError else {
            return "cannot use \(path) (error \(error.errorCode))"
        }
        let errno = Errno(rawValue: cause.code.rawValue)
        return "cannot use \(path): \(errno)\(remedy(errno))"
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
