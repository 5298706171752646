import ArgumentParser
import Images
import OCI
import Pods
import Registry

struct PullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetch an image from a registry.",
        usage: "apus pull [OPTIONS] NAME[:TAG|@DIGEST]",
        discussion: """
            What has been fetched when a pull is interrupted is not fetched again.
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
        let image = try await registry.withClient { client, configuration in
            try await images.pull(try configuration.reference(name), with: client, progress: printer.take)
        }
        if transfer.isQuiet { Console.line(image.id.description) }
    }
}
