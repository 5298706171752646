import ArgumentParser
import Pods

struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start containers that have ended; they find what they had changed.",
        usage: "apus start [OPTIONS] CONTAINER [CONTAINER...]"
    )

    @Flag(name: .shortAndLong, help: "Print what the container writes, and end with its exit code.")
    var attach = false

    @Flag(name: .shortAndLong, help: "The same, and pass standard input on.")
    var interactive = false

    @Option(help: "The keys that leave a terminal without ending its process.")
    var detachKeys = "ctrl-p,ctrl-q"

    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var containers: [String]

    func validate() throws {
        guard containers.count == 1 || !(attach || interactive) else {
            throw ValidationError("only one container can be started and attached to at a time")
        }
    }

    func run() async throws {
        let service = try node.service()
        if attach || interactive { throw ExitStatus(code: try await startAttached(containers[0], service)) }
        try await EachOf(containers).run { container in
            _ = try await service.start(container)
            return container
        }
    }

    private func startAttached(_ container: String, _ service: PodService) async throws -> Int32 {
        let pod = try await service.find(container)
        let relay = try ProcessRelay(
            terminal: pod.record.spec.terminal,
            passesInput: interactive && pod.record.spec.openInput,
            detachKeys: detachKeys
        )
        guard !pod.state.isActive else {
            return try await service.attach(pod.record.id) { try await relay.run($0) }.exitCode
        }
        return try await service.start(pod.record, attach: true, terminal: relay.size) {
            try await relay.run($0)
        }.exitCode
    }
}
