import ArgumentParser
import Pods

/// How a container is stopped: what `stop` and `restart` share.
struct StopOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The signal that asks it to end (default: its own, usually TERM).")
    var signal: String?

    @Option(name: .shortAndLong, help: "Kill it after this many seconds; -1 for never (default: its own, usually 10).")
    var time: Int?

    func signalNumber() throws -> UInt8? {
        try signal.map { UInt8(clamping: try SignalNumber(parsing: $0).rawValue) }
    }

    var patience: Duration? { time.map { .seconds($0) } }
}

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop containers.",
        usage: "apus stop [OPTIONS] CONTAINER [CONTAINER...]"
    )

    @OptionGroup var options: StopOptions
    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var containers: [String]

    func run() async throws {
        let service = try node.service()
        let signal = try options.signalNumber()
        try await EachOf(containers).run { container in
            try await service.stop(container, signal: signal, patience: options.patience)
            return container
        }
    }
}

struct RestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Stop containers that run, and start them.",
        usage: "apus restart [OPTIONS] CONTAINER [CONTAINER...]"
    )

    @OptionGroup var options: StopOptions
    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var containers: [String]

    func run() async throws {
        let service = try node.service()
        let signal = try options.signalNumber()
        try await EachOf(containers).run { container in
            try await service.restart(container, signal: signal, patience: options.patience)
            return container
        }
    }
}
