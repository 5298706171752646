package import FoundationEssentials

/// What an image says about itself: how to start it, and of which layers it is made.
///
/// The subset of the OCI image configuration that Apus acts on. Unknown fields are ignored and `null` counts as
/// absent, because builders differ in what they leave out. The blob itself is kept unchanged beside it
/// (`ImageStore.configurationBlob(of:)`), so nothing is lost by reading only this much.
package struct ImageConfiguration: Hashable, Sendable {
    /// The environment, one `NAME=value` each.
    package var environment: [String]
    /// The program and its fixed arguments; empty if the image names none.
    package var entrypoint: [String]
    /// The default arguments, or the whole command where there is no entrypoint.
    package var command: [String]
    /// The folder that the process starts in; empty means `/`.
    package var workingDirectory: String
    /// `user[:group]`, by name or number; empty means root.
    package var user: String
    /// Ports such as `80/tcp`, sorted.
    package var exposedPorts: [String]
    /// Paths that want a volume, sorted.
    package var volumes: [String]
    /// The signal that asks the process to stop, such as `SIGTERM` or `15`.
    package var stopSignal: String?
    /// Labels, free text.
    package var labels: [String: String]
    /// When it was built.
    package var created: Date?
    /// The CPU architecture in Go's words, such as `amd64`; empty if not said.
    package var architecture: String
    /// The operating system in Go's words; empty if not said.
    package var os: String
    /// The digests of the uncompressed layers, the lowest first.
    package var diffIDs: [Digest]
    /// How it was built, the first step first; empty if not said.
    package var history: [Step] = []

    /// Makes a configuration from the settings that a caller wants to give; the rest is absent.
    package init(
        environment: [String] = [],
        entrypoint: [String] = [],
        command: [String] = [],
        workingDirectory: String = "",
        user: String = ""
    ) {
        self.environment = environment
        self.entrypoint = entrypoint
        self.command = command
        self.workingDirectory = workingDirectory
        self.user = user
        exposedPorts = []
        volumes = []
        labels = [:]
        architecture = ""
        os = ""
        diffIDs = []
    }

    /// Reads a configuration blob.
    package init(blob: [UInt8]) throws(ImageError) {
        do {
            self = try JSONDecoder().decode(ImageConfiguration.self, from: Data(blob))
        } catch {
            throw ImageError(
                .badArchive,
                "the image's configuration cannot be read (build or save the image again)",
                cause: error
            )
        }
    }

    /// Encodes a configuration as the blob whose digest is the image's id.
    package func blob() throws(ImageError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self))
        } catch {
            throw ImageError(.invalidArgument, "the image's configuration cannot be written as JSON", cause: error)
        }
    }
}
