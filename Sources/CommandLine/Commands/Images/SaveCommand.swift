import ArgumentParser
import FoundationEssentials
import Images
import Linux
import OCI
import Pods
import SystemPackage

struct SaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Write images to an archive.",
        usage: "apus save [OPTIONS] IMAGE [IMAGE...]",
        discussion: """
            The archive can be read by "docker load", "podman load", skopeo and "apus load".
            """
    )

    @Option(name: .shortAndLong, help: "The file to write (default: standard output).")
    var output: String?

    @Option(help: "docker, which other tools can load, or oci, a layout without Docker's list.")
    var format: ArchiveFormat = .docker

    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var images: [String]

    func run() async throws {
        let store = try node.service().images
        guard let output else {
            guard !isTerminal(1) else {
                throw ValidationError("an archive does not belong on a terminal (use -o FILE, or a pipe)")
            }
            return try await store.save(images, format: format, to: .standardOutput)
        }
        try await save(to: FilePath(output), store)
    }

    /// Writes beside the target first: a failure leaves no half archive, and an older one stays.
    private func save(to path: FilePath, _ store: ImageStore) async throws {
        let partial = path.removingLastComponent().appending(".\(path.lastComponent?.string ?? "").partial")
        do {
            let file = try OwnedFD.open(partial, .writeOnly, options: [.create, .truncate])
            try await store.save(images, format: format, to: file.descriptor)
            try AtomicFile.rename(partial, to: path)
        } catch {
            try? FileManager.default.removeItem(atPath: partial.string)
            throw error
        }
    }
}

extension ArchiveFormat: ExpressibleByArgument {}
