import ArgumentParser
import Images
import OCI
import Pods
import SystemPackage

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make an image from a root file system.",
        usage: "apus import [OPTIONS] FILE|FOLDER NAME[:TAG]",
        discussion: """
            FILE is a tar archive, compressed or not.

            Example:
              apus import --change 'CMD ["sh"]' --change 'ENV LANG=C.UTF-8' rootfs.tar busybox
            """
    )

    @Option(
        name: .shortAndLong,
        parsing: .singleValue,
        help: "A Dockerfile instruction: CMD, ENTRYPOINT, ENV, WORKDIR or USER."
    )
    var change: [String] = []

    @OptionGroup var node: NodeOptions

    @Argument(help: "The archive or the folder.")
    var source: String

    @Argument(help: "The image's name.")
    var name: String

    func run() async throws {
        let changes = try ImageChanges(parsing: change).configuration
        let store = try node.service().images
        let image = try await store.importRootFS(
            from: FilePath(source),
            as: try ImageReference(name, defaultDomain: store.defaultDomain),
            changes: changes
        )
        Console.line(image.id.description)
    }
}
