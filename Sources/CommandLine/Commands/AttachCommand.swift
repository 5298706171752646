import ArgumentParser
import Pods

struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Connect to the process of a running container.",
        usage: "apus attach [OPTIONS] CONTAINER"
    )

    @Option(help: "The keys that leave a terminal without ending its process.")
    var detachKeys = "ctrl-p,ctrl-q"

    @Flag(help: "Do not pass on standard input.")
    var noStdin = false

    @OptionGroup var node: NodeOptions

    @Argument(help: "The container's name or id.")
    var container: String

    func run() async throws {
        let service = try node.service()
        let summary = try await service.find(container)
        let pod = summary.record
        guard summary.state.isActive, !summary.state.isPaused else {
            let reason =
                summary.state.isPaused
                ? "is paused (let it go on with \"apus unpause" : "is not running (start it with \"apus start"
            throw PodsError(.conflict, "container \"\(pod.name)\" \(reason) \(pod.name)\")")
        }
        let relay = try ProcessRelay(
            terminal: pod.spec.terminal,
            passesInput: pod.spec.openInput && !noStdin,
            detachKeys: detachKeys
        )
        let outcome = try await service.attach(container) { session in
            // The terminal that the process knew may have been another.
            if pod.spec.terminal { try await session.resize(rows: relay.size.rows, columns: relay.size.columns) }
            return try await relay.run(session)
        }
        throw ExitStatus(code: outcome.exitCode)
    }
}
