import ArgumentParser
import Images
import OCI
import Pods
import Registry

struct TagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Give an image one more name.",
        usage: "apus tag IMAGE NAME[:TAG]"
    )

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var node: NodeOptions

    @Argument(help: "A name or an id.")
    var image: String

    @Argument(help: "The new name.")
    var name: String

    func run() async throws {
        try node.service().images.tag(image, as: try registry.configuration().reference(name))
    }
}
