import ArgumentParser
import Images
import OCI
import Pods
import Registry

struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Send an image to a registry.",
        usage: "apus push [OPTIONS] NAME[:TAG]",
        discussion: """
            The name says which registry. To give an image such a name:
              apus tag web registry.example:5000/team/web:v1
            """
    )

    @OptionGroup var transfer: TransferOptions
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var node: NodeOptions

    @Argument(help: "The image's name.")
    var name: String

    func run() async throws {
        let images = try node.service().images
        let printer = transfer.printer
        let digest = try await registry.withClient { client, configuration in
            try await images.push(try configuration.reference(name), with: client, progress: printer.take)
        }
        if transfer.isQuiet { Console.line(digest.description) }
    }
}
