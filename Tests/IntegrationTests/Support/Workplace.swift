import Foundation
import SystemPackage
import Testing

/// What the end-to-end tests need of the machine, and where the parts under test are.
///
/// The paths come through the environment: `scripts/test` sets them.
struct Workplace: Sendable {
    /// The command under test.
    let program: FilePath
    /// A data folder with the guest kernel.
    let data: FilePath

    struct Missing: Error {
        let reason: String
    }

    private static let found: Result<Workplace, Missing> = Result(catching: find)

    /// Whether containers can be run here.
    static var isReady: Bool { if case .success = found { true } else { false } }

    /// Why they cannot.
    static var whatIsMissing: Comment {
        if case .failure(let missing) = found { Comment(rawValue: missing.reason) } else { "nothing is missing" }
    }

    /// The workplace of tests that `isReady` enabled.
    static func current() throws -> Workplace { try found.get() }

    private static func find() throws(Missing) -> Workplace {
        let environment = ProcessInfo.processInfo.environment
        guard geteuid() == 0 else { throw Missing(reason: "needs root, for cgroups and private mounts") }
        guard let program = environment["APUS_BIN"], let data = environment["APUS_TEST_ROOT"],
            environment["APUS_GUEST"] != nil
        else {
            throw Missing(reason: "APUS_BIN, APUS_GUEST and APUS_TEST_ROOT are not set (scripts/test sets them)")
        }
        guard FileManager.default.fileExists(atPath: "\(data)/kernel/current/vmlinuz") else {
            throw Missing(reason: "\(data) has no guest kernel (scripts/guest-kernel fetches it)")
        }
        for tool in tools where !isInstalled(tool) {
            throw Missing(reason: "\(tool) is not installed (scripts/packages test installs it)")
        }
        return Workplace(program: FilePath(program), data: FilePath(data))
    }

    private static let tools = ["qemu-system-x86_64", "mkfs.erofs", "bsdtar", "busybox", "tmux", "skopeo", "umoci"]

    private static func isInstalled(_ tool: String) -> Bool {
        ["/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
        }
    }
}
