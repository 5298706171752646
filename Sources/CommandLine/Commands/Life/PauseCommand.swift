import ArgumentParser
import Pods

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let the processes of containers stand still.",
        usage: "apus pause [OPTIONS] CONTAINER [CONTAINER...]"
    )

    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var containers: [String]

    func run() async throws {
        let service = try node.service()
        try await EachOf(containers).run { container in
            try await service.pause(container)
            return container
        }
    }
}

struct UnpauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause",
        abstract: "Let the processes of paused containers go on.",
        usage: "apus unpause [OPTIONS] CONTAINER [CONTAINER...]"
    )

    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var containers: [String]

    func run() async throws {
        let service = try node.service()
        try await EachOf(containers).run { container in
            try await service.unpause(container)
            return container
        }
    }
}
