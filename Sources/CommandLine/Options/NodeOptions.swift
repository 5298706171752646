import ArgumentParser
import FoundationEssentials
import Hypervisor
import Pods
import Registry
import SystemPackage

/// Where a node's state lies and how its machines run; every command has these.
struct NodeOptions: ParsableArguments {
    @Option(help: "Where images and containers are kept (default: $APUS_ROOT or /var/lib/apus).")
    var root: String?

    @Option(help: "Where running containers have their sockets (default: $APUS_RUN_ROOT or /run/apus).")
    var runRoot: String?

    @Option(help: "How guest code is executed: auto, kvm or tcg (default: $APUS_ACCELERATOR or auto).")
    var accelerator: String?

    @Option(help: "Whether machines are locked up: on or off; off is for fault-finding (default: $APUS_JAIL or on).")
    var jail: String?

    @Option(help: "What guests boot: auto, packaged, own or a folder with a kernel (default: $APUS_KERNEL or auto).")
    var kernel: String?

    @Option(help: .hidden)
    var guest: String?

    /// The node that the options and the environment describe.
    func node(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> NodeConfiguration {
        let program = try Self.program()
        var node = NodeConfiguration(
            root: try path(root ?? environment["APUS_ROOT"] ?? "/var/lib/apus", "--root"),
            runRoot: try path(runRoot ?? environment["APUS_RUN_ROOT"] ?? "/run/apus", "--run-root"),
            program: program,
            guest: guest.map { FilePath($0) } ?? environment["APUS_GUEST"].map { FilePath($0) }
                ?? Self.guest(beside: program),
            kernel: try choice(kernel ?? environment["APUS_KERNEL"] ?? "auto"),
            accelerator: try policy(accelerator ?? environment["APUS_ACCELERATOR"] ?? "auto")
        )
        node.jail = try jailPolicy(jail ?? environment["APUS_JAIL"] ?? "on")
        return node
    }

    /// The pods and images of the node.
    func service() throws -> PodService { try PodService(node: complete()) }

    /// The node, with what it is told about images.
    func complete() throws -> NodeConfiguration {
        var node = try node()
        node.defaultRegistry = try RegistryOptions.configuration(named: nil).defaultDomain
        node.imageLimits = try ImageLimits.read(ProcessInfo.processInfo.environment)
        return node
    }

    private func path(_ text: String, _ option: String) throws -> FilePath {
        guard text.hasPrefix("/") else { throw ValidationError("\(option) \"\(text)\" is not an absolute path") }
        return FilePath(text).lexicallyNormalized()
    }

    private func choice(_ text: String) throws -> KernelChoice {
        guard let choice = KernelChoice(text) else {
            throw ValidationError("unknown kernel \"\(text)\" (use auto, packaged, own or an absolute path)")
        }
        return choice
    }

    private func policy(_ text: String) throws -> AcceleratorPolicy {
        guard let policy = AcceleratorPolicy(rawValue: text) else {
            throw ValidationError("unknown accelerator \"\(text)\" (use auto, kvm or tcg)")
        }
        return policy
    }

    private func jailPolicy(_ text: String) throws -> JailPolicy {
        guard let policy = JailPolicy(rawValue: text) else {
            throw ValidationError("unknown jail \"\(text)\" (use on or off)")
        }
        return policy
    }

    /// This program's own file: what becomes a pod's attendant.
    private static func program() throws -> FilePath {
        FilePath(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    }

    /// The guest's program: beside this one in a build folder, in libexec once installed.
    private static func guest(beside program: FilePath) -> FilePath {
        let folder = program.removingLastComponent()
        let places = [
            folder.appending("apus-guest"), folder.removingLastComponent().appending("libexec/apus/apus-guest"),
        ]
        // Whoever starts a machine without one is told so; many commands need none.
        return places.first { FileManager.default.fileExists(atPath: $0.string) } ?? places[0]
    }
}
