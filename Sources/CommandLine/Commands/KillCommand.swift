import ArgumentParser
import Pods

struct KillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Send a signal to the processes of containers.",
        usage: "apus kill [OPTIONS] CONTAINER [CONTAINER...]"
    )

    @Option(name: .shortAndLong, help: "The signal, by name or number.")
    var signal = "KILL"

    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var containers: [String]

    func run() async throws {
        let number = UInt8(clamping: try SignalNumber(parsing: signal).rawValue)
        let service = try node.service()
        try await EachOf(containers).run { container in
            try await service.signal(container, number)
            return container
        }
    }
}

struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove containers.",
        usage: "apus rm [OPTIONS] CONTAINER [CONTAINER...]"
    )

    @Flag(name: .shortAndLong, help: "Kill a container that runs.")
    var force = false

    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var containers: [String]

    func run() async throws {
        let service = try node.service()
        try await EachOf(containers).run { container in
            do {
                try await service.remove(container, force: force)
            } catch let error as PodsError where force && error.code == .notFound {
                // As with Docker, a container that is gone already is what "rm -f" wants.
                Console.complain("\(error.message)")
                return nil
            }
            return container
        }
    }
}
