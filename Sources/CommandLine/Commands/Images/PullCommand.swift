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

            With --lazy a container starts before the image's layers are here. Their disks are
            then trusted as far as those who may push to the image's repository; the registry's
            settings for the pod are those of $APUS_REGISTRIES or /etc/apus/registries.yaml.
            """
    )

    @Flag(help: "Fetch layers when they are read, from disks published with \"apus push --disks\".")
    var lazy = false

    @OptionGroup var transfer: TransferOptions
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var node: NodeOptions

    @Argument(help: "The image's name.")
    var name: String

    func run() async throws {
        let images = try node.service().images
        let printer = transfer.printer
        let image = try await registry.withClient { client, configuration in
            let reference = try configuration.reference(name)
            guard lazy else { return try await images.pull(reference, with: client, progress: printer.take) }
            return try await images.pullLazily(reference, with: client, progress: printer.take)
        }
        if transfer.isQuiet { Console.line(image.id.description) }
    }
}
