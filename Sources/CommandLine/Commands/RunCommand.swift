import ArgumentParser
import Hypervisor
import Pods

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command in a new container.",
        usage: "apus run [OPTIONS] IMAGE [COMMAND] [ARGUMENT...]",
        discussion: """
            The container gets a virtual machine of its own. Without -d its output is
            yours and the exit code is its own; 125 means that Apus failed, 126 that the
            command cannot be executed, 127 that there is no such command.

            Examples:
              apus run --rm busybox uname -a        the guest's kernel, not yours
              apus run --rm -it busybox sh          ctrl-p ctrl-q leaves it running
              echo hi | apus run --rm -i busybox cat
              apus run -d --name web -m 256m --cpus 2 IMAGE
            """
    )

    @Flag(name: .customLong("rm"), help: "Remove the container when it ends.")
    var autoRemove = false

    @Flag(name: .shortAndLong, help: "Run in the background and print the container's id.")
    var detach = false

    @Option(help: "A name for the container (default: one is made up).")
    var name: String?

    @Option(help: "The container's host name (default: its short id).")
    var hostname: String?

    @Option(name: .shortAndLong, help: "Limit the memory, such as 256m or 1g.")
    var memory: String?

    @Option(help: "Limit the processors, such as 0.5 or 2.")
    var cpus: String?

    @Option(help: "Run this instead of the image's entrypoint; \"\" for none.")
    var entrypoint: String?

    @Flag(help: "Say at the end, on standard error, where the time went.")
    var trace = false

    @OptionGroup var life: LifeOptions
    @OptionGroup var process: ProcessOptions
    @OptionGroup var node: NodeOptions

    @Argument(help: "The image's name or id.")
    var image: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    func validate() throws { try PassedThrough.check(image, for: Self.self) }

    func run() async throws {
        let spec = try spec()
        if try node.node().jail == .off {
            Console.complain("warning: the machine is not jailed and has all your rights (unset APUS_JAIL)")
        }
        let service = try node.service()
        guard !trace || !detach else {
            throw ValidationError("--trace needs a container that is waited for (leave out -d)")
        }
        guard !detach else {
            return try await startDetached(try await service.create(spec, name: name), service)
        }
        let trace = trace ? Trace() : nil
        // What is wrong with the user's terminal shows before there is a container.
        let relay = try ProcessRelay(process, trace: trace)
        let began = ContinuousClock.now
        let record = try await service.create(spec, name: name)
        trace?.record("declare the pod", since: began)
        let outcome = try await service.start(record, attach: true, terminal: relay.size, trace: trace) { session in
            try await relay.run(session)
        }
        trace?.record("everything", since: began)
        if let trace { Console.report(TraceReport(trace.spans).text) }
        throw ExitStatus(code: outcome.exitCode)
    }

    private func startDetached(_ record: PodRecord, _ service: PodService) async throws {
        try await service.start(record, attach: false) { try await PodService.untilStarted($0, record.name) }
        Console.line(record.id)
    }

    /// What the options and arguments ask for.
    func spec() throws -> PodSpec {
        var spec = PodSpec(image: image)
        spec.command = PassedThrough.words(command)
        spec.entrypoint = entrypoint.map { $0.isEmpty ? [] : [$0] }
        spec.environment = try process.environment()
        spec.workingDirectory = try process.workingDirectory()
        spec.user = process.user
        spec.hostname = hostname
        spec.terminal = process.tty
        spec.openInput = process.interactive
        spec.memory = try memory.map { try MemorySize(parsing: $0).bytes }
        spec.milliCPU = try cpus.map { try CPUQuantity(parsing: $0).milliCPU }
        spec.autoRemove = autoRemove
        try life.apply(to: &spec)
        return spec
    }
}
