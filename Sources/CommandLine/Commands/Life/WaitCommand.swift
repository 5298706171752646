import ArgumentParser
import Pods

struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until containers have ended, and print their exit codes.",
        usage: "apus wait [OPTIONS] CONTAINER [CONTAINER...]"
    )

    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var containers: [String]

    func run() async throws {
        let service = try node.service()
        try await EachOf(containers).run { "\(try await service.wait($0).code)" }
    }
}
