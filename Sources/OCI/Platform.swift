/// An operating system and a CPU architecture, in the words that image files use.
package struct Platform: Hashable, Sendable, CustomStringConvertible {
    /// Go's name of the operating system.
    package let os: String
    /// Go's name of the architecture.
    package let architecture: String

    package init(os: String, architecture: String) {
        self.os = os
        self.architecture = architecture
    }

    /// What the virtual machines of this host run.
    package static let host: Platform = {
        #if arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #else
            Platform(os: "linux", architecture: "amd64")
        #endif
    }()

    package var description: String { "\(os)/\(architecture)" }
}
