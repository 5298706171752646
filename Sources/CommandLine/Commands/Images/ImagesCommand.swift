import ArgumentParser
import FoundationEssentials
import Images
import OCI
import Pods
import SystemPackage

struct ImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "List images.",
        usage: "apus images [OPTIONS]"
    )

    @Flag(name: .shortAndLong, help: "Print ids only.")
    var quiet = false

    @Flag(help: "Do not shorten ids.")
    var noTrunc = false

    @Flag(help: "Show the digests that registries know the images by.")
    var digests = false

    @OptionGroup var node: NodeOptions

    func run() async throws {
        let store = try node.service().images
        let images = try store.list()
        guard !quiet else {
            for image in images { Console.line(id(image)) }
            return
        }
        var table = Table(["REPOSITORY", "TAG"] + (digests ? ["DIGEST"] : []) + ["IMAGE ID", "CREATED", "SIZE"])
        for image in images {
            let created = image.created.map { HumanDuration.ago(.seconds(Date.now.timeIntervalSince($0))) } ?? "N/A"
            let names = image.references.map {
                ($0.familiarName(defaultDomain: store.defaultDomain), $0.tag ?? "<none>")
            }
            for (name, tag) in names.isEmpty ? [("<none>", "<none>")] : names {
                let size = HumanSize.decimal(UInt64(clamping: image.size))
                let digest = digests ? [image.target.digest.description] : []
                table.append([name, tag] + digest + [id(image), created, size])
            }
        }
        Console.write(table.text)
    }

    private func id(_ image: Image) -> String { noTrunc ? image.id.description : String(image.id.hex.prefix(12)) }
}

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Load images from an archive.",
        usage: "apus load [OPTIONS] [-i] FILE",
        discussion: "FILE is what \"docker save\" wrote, an OCI archive, or a folder with an OCI layout."
    )

    @Option(name: .shortAndLong, help: "The archive.")
    var input: String?

    @Option(help: "The name of an image that the archive does not name.")
    var name: String?

    @OptionGroup var node: NodeOptions

    @Argument(help: "The archive.")
    var file: String?

    func run() async throws {
        guard let path = input ?? file, input == nil || file == nil else {
            throw ValidationError("name one archive: apus load -i FILE")
        }
        let store = try node.service().images
        let images = try await store.load(
            archive: FilePath(path),
            as: try name.map { try ImageReference($0, defaultDomain: store.defaultDomain) }
        )
        for image in images {
            Console.line(
                image.references.isEmpty
                    ? "Loaded image ID: \(image.id)" : "Loaded image: \(image.displayName)"
            )
        }
    }
}

struct RemoveImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rmi",
        abstract: "Remove images.",
        usage: "apus rmi [OPTIONS] IMAGE [IMAGE...]"
    )

    @Flag(name: .shortAndLong, help: "Remove an image that is given by its id with all of its names.")
    var force = false

    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var images: [String]

    func run() async throws {
        let service = try node.service()
        try await EachOf(images).run { name in
            let removed = try service.removeImage(name, force: force)
            let lines =
                removed.names.map { "Untagged: \($0)" } + [removed.image.map { "Deleted: \($0)" }].compactMap(\.self)
            return lines.joined(separator: "\n")
        }
    }
}
