import ArgumentParser
import Pods

struct RenameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a container another name.",
        usage: "apus rename [OPTIONS] CONTAINER NAME"
    )

    @OptionGroup var node: NodeOptions

    @Argument(help: "The container's name or id.")
    var container: String

    @Argument(help: "Its new name.")
    var name: String

    func run() async throws { try await node.service().rename(container, to: name) }
}
