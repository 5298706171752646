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

    @Flag(help: "Publish the layers' disks too, for \"apus pull --lazy\".")
    var disks = false

    @OptionGroup var transfer: TransferOptions
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var node: NodeOptions

    @Argument(help: "The image's name.")
    var name: String

    func run() async throws {
        let images = try node.service().images
        let printer = transfer.printer
        let digest = try await registry.withClient { client, configuration in
            let reference = try configuration.reference(name)
            let digest = try await images.push(reference, with: client, progress: printer.take)
            if disks { _ = try await images.pushDisks(of: reference, with: client, progress: printer.take) }
            return digest
        }
        if transfer.isQuiet { Console.line(digest.description) }
    }
}
