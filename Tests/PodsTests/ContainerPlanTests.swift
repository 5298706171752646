import AgentProtocol
import Foundation
import Hypervisor
import OCI
import Sandboxes
import SystemPackage
import TestSupport
import Testing

@testable import Images
@testable import Pods

struct ContainerPlanTests {
    private static func image(
        entrypoint: [String] = [],
        command: [String] = [],
        environment: [String] = [],
        layers: Int = 1,
        stopSignal: String? = nil
    ) throws -> Image {
        var configuration = ImageConfiguration(
            environment: environment,
            entrypoint: entrypoint,
            command: command,
            workingDirectory: "/srv",
            user: "nobody"
        )
        configuration.stopSignal = stopSignal
        return Image(
            id: Digest(hashing: []),
            references: [],
            configuration: configuration,
            layers: (0..<layers).map {
                Layer(diffID: Digest(hashing: [UInt8($0)]), disk: FilePath("/disk\($0)"), size: 4096)
            },
            target: Descriptor(of: [], mediaType: MediaType.manifest),
            manifest: Descriptor(of: [], mediaType: MediaType.manifest)
        )
    }

    private static func plan(_ image: Image, _ change: (inout PodSpec) -> Void = { _ in }) -> ContainerPlan {
        ContainerPlan(record: .sample(change: change), image: image)
    }

    // MARK: Command line

    struct CommandCase: Sendable {
        var image: (entrypoint: [String], command: [String])
        var user: (entrypoint: [String]?, command: [String])
        var expected: [String]?
    }

    @Test(
        "the command line follows Docker's table of entrypoints and commands",
        arguments: [
            CommandCase(image: ([], ["sh"]), user: (nil, []), expected: ["sh"]),
            CommandCase(image: ([], ["sh"]), user: (nil, ["ls", "-l"]), expected: ["ls", "-l"]),
            CommandCase(image: (["tini", "--"], ["sh"]), user: (nil, []), expected: ["tini", "--", "sh"]),
            CommandCase(image: (["tini", "--"], ["sh"]), user: (nil, ["ls"]), expected: ["tini", "--", "ls"]),
            CommandCase(image: (["tini"], []), user: (nil, []), expected: ["tini"]),
            // A user's entrypoint makes the image's command void.
            CommandCase(image: (["tini"], ["sh"]), user: (["env"], []), expected: ["env"]),
            CommandCase(image: (["tini"], ["sh"]), user: (["env"], ["-i"]), expected: ["env", "-i"]),
            // So does none at all.
            CommandCase(image: (["tini"], ["sh"]), user: ([], ["ls"]), expected: ["ls"]),
            CommandCase(image: (["tini"], ["sh"]), user: ([], []), expected: nil),
            CommandCase(image: ([], []), user: (nil, []), expected: nil),
        ]
    )
    func commandLine(_ example: CommandCase) throws {
        let image = try Self.image(entrypoint: example.image.entrypoint, command: example.image.command)
        var spec = PodSpec(image: "busybox")
        (spec.entrypoint, spec.command) = example.user
        if let expected = example.expected {
            #expect(try ContainerPlan.commandLine(spec, image) == expected)
        } else {
            let error = #expect(throws: PodsError.self) { try ContainerPlan.commandLine(spec, image) }
            #expect(error?.code == .invalid)
            #expect(error?.message == "image \"busybox\" names no command (give one after the image)")
        }
    }

    // MARK: Changes and ends

    @Test("changes go to a disk that survives, or to memory when the pod goes with its process")
    func changes() throws {
        let image = try Self.image(command: ["sh"])
        let kept = Self.plan(image)
        #expect(try kept.container(terminal: nil).writable == .disk(serial: "changes"))
        #expect(kept.writableSize == 10 << 30)
        #expect(Self.plan(image) { $0.writableSize = 1 << 30 }.writableSize == 1 << 30)
        let fleeting = Self.plan(image) { $0.autoRemove = true }
        #expect(try fleeting.container(terminal: nil).writable == .memory(limit: 0))
    }

    @Test(
        "what asks a process to end is the user's choice, the image's, or SIGTERM",
        arguments: [(nil, nil, 15), ("SIGINT", nil, 2), ("3", nil, 3), ("nonsense", nil, 15), ("SIGINT", 10, 10)]
            as [(String?, UInt8?, UInt8)]
    )
    func stopSignal(images: String?, users: UInt8?, expected: UInt8) throws {
        let image = try Self.image(command: ["sh"], stopSignal: images)
        #expect(Self.plan(image) { $0.stopSignal = users }.stopSignal == expected)
    }

    // MARK: Environment

    @Test("of several settings of a variable the last counts: ours, the image's, the user's, exec's")
    func environment() throws {
        let image = try Self.image(environment: ["PATH=/image", "A=image", "B=image", "EMPTY="])
        let plan = Self.plan(image) { $0.environment = ["B=user", "C=x=y", "A=1", "A=2"] }
        let expected = ["PATH=/image", "HOSTNAME=aaaaaaaaaaaa", "A=2", "B=user", "EMPTY=", "C=x=y"]
        #expect(try plan.container(terminal: nil).process.environment == expected)

        var exec = ExecSpec(command: ["env"])
        exec.environment = ["B=exec", "D="]
        let process = try plan.process(exec, id: 2, terminal: nil)
        #expect(process.environment == expected.map { $0 == "B=user" ? "B=exec" : $0 } + ["D="])
    }

    @Test("an image without an environment still has a path, and the host name is the pod's")
    func defaultEnvironment() throws {
        let plan = Self.plan(try Self.image()) { $0.hostname = "web" }
        #expect(try plan.container(terminal: nil).process.environment == [OCIDefaults.path, "HOSTNAME=web"])
    }

    @Test("only a terminal is told what it is, and the user may say otherwise")
    func terminalEnvironment() throws {
        let size = TerminalSize(rows: 1, columns: 2)
        let plan = Self.plan(try Self.image()) { $0.terminal = true }
        #expect(try plan.container(terminal: size).process.environment.last == "TERM=xterm")
        let own = Self.plan(try Self.image()) {
            $0.terminal = true
            $0.environment = ["TERM=vt100"]
        }
        #expect(try own.container(terminal: size).process.environment.last == "TERM=vt100")
        let none = Self.plan(try Self.image())
        #expect(try none.container(terminal: size).process.terminal == nil)
        #expect(try none.container(terminal: size).process.environment.contains { $0.hasPrefix("TERM") } == false)
    }

    // MARK: The process

    @Test("user and folder are the image's unless the pod or exec says otherwise")
    func identity() throws {
        let image = try Self.image()
        #expect(try Self.plan(image).container(terminal: nil).process.user == "nobody")
        #expect(try Self.plan(image).container(terminal: nil).process.workingDirectory == "/srv")

        let plan = Self.plan(image) { ($0.user, $0.workingDirectory) = ("5", "/pod") }
        var exec = ExecSpec(command: ["id"])
        let inherited = try plan.process(exec, id: 2, terminal: nil)
        #expect((inherited.user, inherited.workingDirectory) == ("5", "/pod"))
        (exec.user, exec.workingDirectory) = ("6", "/exec")
        let own = try plan.process(exec, id: 2, terminal: nil)
        #expect((own.user, own.workingDirectory) == ("6", "/exec"))
    }

    @Test("root may use its capabilities, anybody else only what a file of the image grants", arguments: ["0", "1000"])
    func capabilities(user: String) throws {
        let plan = Self.plan(try Self.image()) { $0.user = user }
        let process = try plan.container(terminal: nil).process
        #expect(process.capabilities.bounding != 0)
        #expect((process.capabilities.effective == 0) == (user != "0"))
        #expect(!process.seccomp.isEmpty)
        var exec = ExecSpec(command: ["id"])
        exec.user = "0"
        let root = try plan.process(exec, id: 2, terminal: nil)
        #expect(root.capabilities.effective == root.capabilities.bounding)
        #expect(root.seccomp == process.seccomp)
    }

    @Test("exec needs a command")
    func emptyExec() throws {
        let plan = Self.plan(try Self.image())
        #expect(throws: PodsError.self) { try plan.process(ExecSpec(command: []), id: 2, terminal: nil) }
    }

    @Test("the guest finds each of an image's layers in a slot of the layer disk, the lowest in the first")
    func layers() throws {
        let plan = Self.plan(try Self.image(layers: 3))
        #expect(try plan.layerFiles() == (0..<3).map { LayerFile(FilePath("/disk\($0)"), size: 4096) })
        let layers = try plan.container(terminal: nil).layers
        #expect(layers == (1...3).map { LayerSource(serial: LayerDisk.serial, partition: $0) })
    }

    // MARK: Sizes

    @Test(
        "the machine's memory is the default, doubled until the container and its kernel fit",
        arguments: [
            (nil, 512 << 20), (6 << 20, 512 << 20), (432 << 20, 512 << 20), ((432 << 20) + 1, 1 << 30),
            (1 << 30, 2 << 30), (UInt64(Int64.max), 1 << 46),
        ] as [(UInt64?, UInt64)]
    )
    func memory(limit: UInt64?, expected: UInt64) throws {
        let plan = Self.plan(try Self.image()) { $0.memory = limit }
        #expect(plan.shape(default: 512 << 20).memory == expected)
        #expect(try plan.container(terminal: nil).resources.memory == limit ?? 0)
    }

    @Test(
        "the machine has as many processors as the container's share needs",
        arguments: [(nil, 1), (1, 1), (999, 1), (1000, 1), (1001, 2), (8_192_000, 8192)] as [(UInt32?, Int)]
    )
    func processors(share: UInt32?, expected: Int) throws {
        let plan = Self.plan(try Self.image()) { $0.milliCPU = share }
        #expect(plan.shape(default: 512 << 20).processors == expected)
        #expect(try plan.container(terminal: nil).resources.milliCPU == share ?? 0)
    }

    @Test("what the guest is asked for survives the way to it")
    func encodable() throws {
        let plan = Self.plan(try Self.image(entrypoint: ["sh"], environment: ["A=b"])) { $0.memory = 64 << 20 }
        let request = Request.createContainer(try plan.container(terminal: nil))
        #expect(try Request(message: request.encode(id: 1)) == request)
    }
}
