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
    /// What else it was told, if anything; read it through `refinements`.
    package var options: Options?
    /// Whether the pod goes when its process ends.
    package var autoRemove = false
    /// What its user calls it beside its name.
    package var labels: [String: String] = [:]
    /// Whether it starts again by itself.
    package var restart = RestartPolicy.no
    /// What asks its process to end, instead of the image's choice.
    package var stopSignal: UInt8?
    /// How long its process may take to end before it is killed; without end if negative, by default 10 seconds.
    package var stopPatience: Duration?
    /// The size in bytes of the disk that its changes go to, by default 10 GiB; with `autoRemove` they go to memory.
    package var writableSize: UInt64?

    /// A pod of an image with the image's own settings.
    package init(image: String) {
        self.image = image
    }
}

/// How it is read from disk: what an earlier version did not know has its default.
extension PodSpec {
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(image: try values.decode(String.self, forKey: .image))
        entrypoint = try values.decodeIfPresent([String].self, forKey: .entrypoint)
        command = try values.decodeIfPresent([String].self, forKey: .command) ?? []
        environment = try values.decodeIfPresent([String].self, forKey: .environment) ?? []
        workingDirectory = try values.decodeIfPresent(String.self, forKey: .workingDirectory)
        user = try values.decodeIfPresent(String.self, forKey: .user)
        hostname = try values.decodeIfPresent(String.self, forKey: .hostname)
        terminal = try values.decodeIfPresent(Bool.self, forKey: .terminal) ?? false
        openInput = try values.decodeIfPresent(Bool.self, forKey: .openInput) ?? false
        memory = try values.decodeIfPresent(UInt64.self, forKey: .memory)
        milliCPU = try values.decodeIfPresent(UInt32.self, forKey: .milliCPU)
        options = try values.decodeIfPresent(Options.self, forKey: .options)
        autoRemove = try values.decodeIfPresent(Bool.self, forKey: .autoRemove) ?? false
        labels = try values.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        restart = try values.decodeIfPresent(RestartPolicy.self, forKey: .restart) ?? .no
        stopSignal = try values.decodeIfPresent(UInt8.self, forKey: .stopSignal)
        stopPatience = try values.decodeIfPresent(Duration.self, forKey: .stopPatience)
        writableSize = try values.decodeIfPresent(UInt64.self, forKey: .writableSize)
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
    /// Whether it may do everything that the guest's kernel allows, whatever the container may.
    package var privileged: Bool?

    /// A process with the container's own settings.
    package init(command: [String]) {
        self.command = command
    }
}
