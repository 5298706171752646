import ArgumentParser
import Images
import OCI
import Pods
import Registry

struct CommitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit",
        abstract: "Make an image of a container's changes.",
        usage: "apus commit [OPTIONS] CONTAINER [NAME[:TAG]]",
        discussion: "The container must be running: its changes live in its machine's memory."
    )

    @Option(name: .shortAndLong, help: "Who made it.")
    var author = ""

    @Option(name: .shortAndLong, help: "What was changed.")
    var message = ""

    @Option(
        name: .shortAndLong,
        parsing: .singleValue,
        help: "A Dockerfile instruction: CMD, ENTRYPOINT, ENV, WORKDIR or USER."
    )
    var change: [String] = []

    @Option(name: .shortAndLong, help: "Whether the container stands still meanwhile: true or false.")
    var pause = true

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var node: NodeOptions

    @Argument(help: "A name or an id.")
    var container: String

    @Argument(help: "The image's name.")
    var name: String?

    func run() async throws {
        let changes = try ImageChanges(parsing: change).configuration
        let configuration = try registry.configuration()
        let image = try await node.service().commit(
            container,
            as: try name.map(configuration.reference),
            note: CommitNote(changes: changes, author: author, comment: message),
            pause: pause
        )
        Console.line(image.id.description)
    }
}
