/// What a user asked a pod of one container to be; kept as long as the pod is.
package struct PodSpec: Codable, Sendable, Equatable {
    /// The image as the user named it.
    package var image: String
    /// Instead of the image's entrypoint; an empty list means none at all.
    package var entrypoint: [String]?
    /// Instead of the image's command, when it is not empty.
    package var command: [String] = []
    /// `NAME=value` each, over the image's.
    package var environment: [String] = []
    /// Instead of the image's working directory.
    package var workingDirectory: String?
    /// Instead of the image's user.
    package var user: String?
    /// The host name, or `nil` for the pod's short id.
    package var hostname: String?
    /// Whether the process has a terminal.
    package var terminal = false
    /// Whether its standard input stays open.
    package var openInput = false
    /// The container's memory limit in bytes; `nil` for all that its machine has.
    package var memory: UInt64?
    /// Processor time in thousandths of a CPU; `nil` for all that its machine has.
    package var milliCPU: UInt32?
    /// Whether the pod goes when its process ends.
    package var autoRemove = false

    /// A pod of an image with the image's own settings.
    package init(image: String) {
        self.image = image
    }
}

/// A process to start in a running pod.
package struct ExecSpec: Codable, Sendable, Equatable {
    /// The command and its arguments.
    package var command: [String]
    /// `NAME=value` each, over the container's.
    package var environment: [String] = []
    /// Instead of the container's working directory.
    package var workingDirectory: String?
    /// Instead of the container's user.
    package var user: String?
    /// Whether the process has a terminal.
    package var terminal = false
    /// Whether its standard input stays open.
    package var openInput = false

    /// A process with the container's own settings.
    package init(command: [String]) {
        self.command = command
    }
}
