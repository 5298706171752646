import ArgumentParser
import Pods

struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a further command in a running container.",
        usage: "apus exec [OPTIONS] CONTAINER COMMAND [ARGUMENT...]"
    )

    @Flag(name: .shortAndLong, help: "Leave the command running and return at once.")
    var detach = false

    @OptionGroup var process: ProcessOptions
    @OptionGroup var node: NodeOptions

    @Argument(help: "The container's name or id.")
    var container: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    func validate() throws { try PassedThrough.check(container, for: Self.self) }

    func run() async throws {
        let service = try node.service()
        let relay = try ProcessRelay(process)
        let outcome = try await service.execute(container, try spec(), terminal: relay.size) { session in
            guard detach else { return try await relay.run(session) }
            for try await event in session.events where event == .started { return .detached }
            throw PodsError(.node, "container \"\(container)\" ended before the command started")
        }
        throw ExitStatus(code: outcome.exitCode)
    }

    /// What the options and arguments ask for.
    func spec() throws -> ExecSpec {
        var spec = ExecSpec(command: PassedThrough.words(command))
        spec.environment = try process.environment()
        spec.workingDirectory = try process.workingDirectory()
        spec.user = process.user
        spec.terminal = process.tty
        spec.openInput = process.interactive
        return spec
    }
}
