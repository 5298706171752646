import OCI

extension RequestField {
    private static let later = "is not supported yet"
    private static let ownMachine = "has no effect: the container has a machine of its own"

    /// Members of the request itself.
    package static let configuration: [RequestField] = [
        .init("Hostname", .honoured), .init("Domainname", .honoured), .init("User", .honoured),
        .init("AttachStdin", .honoured), .init("AttachStdout", .honoured), .init("AttachStderr", .honoured),
        .init("Tty", .honoured), .init("OpenStdin", .honoured), .init("StdinOnce", .honoured),
        .init("Env", .honoured), .init("Cmd", .honoured), .init("Entrypoint", .honoured),
        .init("Image", .honoured), .init("WorkingDir", .honoured), .init("Labels", .honoured),
        .init("StopSignal", .honoured), .init("StopTimeout", .honoured),
        .init("HostConfig", .honoured), .init("NetworkingConfig", .honoured),
        .init("ExposedPorts", .harmless), .init("ArgsEscaped", .harmless), .init("OnBuild", .harmless),
        .init("Shell", .harmless), .init("NetworkDisabled", .harmless),
        .init(
            "Healthcheck",
            .warned,
            "is not run yet: the container's health stays unknown",
            unset: [["Test": ["NONE"]]]
        ),
        .init("Volumes", .refused, "\(later): the container's own disk or a tmpfs can hold the data"),
        .init("MacAddress", .refused, "\(later): containers have no network card yet"),
    ]

    /// Members of `HostConfig`.
    package static let host: [RequestField] = confinement + resources + surroundings

    private static let confinement: [RequestField] = [
        .init("CapAdd", .honoured), .init("CapDrop", .honoured), .init("Privileged", .honoured),
        .init("ReadonlyRootfs", .honoured), .init("SecurityOpt", .honoured), .init("MaskedPaths", .honoured),
        .init("ReadonlyPaths", .honoured), .init("GroupAdd", .honoured), .init("Sysctls", .honoured),
        .init("Ulimits", .honoured), .init("OomScoreAdj", .honoured),
        .init("UsernsMode", .harmless),
        .init("CgroupnsMode", .refused, "\"host\" cannot be: \(hostless)", unset: ["private"]),
        .init("IpcMode", .refused, "can be \"private\" only: \(hostless)", unset: ["private", "shareable"]),
        .init("PidMode", .refused, "cannot be set: \(hostless)", unset: ["private"]),
        .init("UTSMode", .refused, "cannot be set: \(hostless)", unset: ["private"]),
        .init("Devices", .refused, "cannot be given: the host's devices are not in the container's machine"),
        .init("DeviceRequests", .refused, "cannot be given: the host's devices are not in the container's machine"),
        .init("DeviceCgroupRules", .refused, "cannot be given: the host's devices are not in the container's machine"),
        .init("Capabilities", .refused, "is no setting of Docker's any more (use CapAdd and CapDrop)"),
    ]

    private static let hostless = "the container has a kernel of its own, not the host's"

    private static let resources: [RequestField] = [
        .init("Memory", .honoured), .init("NanoCpus", .honoured), .init("CpuQuota", .honoured),
        .init("CpuPeriod", .honoured), .init("PidsLimit", .honoured, unset: [-1]), .init("ShmSize", .honoured),
        .init("MemorySwap", .honoured, "a machine has no swap"), .init("MemorySwappiness", .harmless),
        .init("CgroupParent", .harmless), .init("Isolation", .refused, "can be \"default\" only", unset: ["default"]),
        .init("CpuShares", .warned, ownMachine), .init("CpusetCpus", .warned, ownMachine),
        .init("CpusetMems", .warned, ownMachine), .init("MemoryReservation", .warned, ownMachine),
        .init("OomKillDisable", .warned, "has no effect: the machine's kernel ends what exceeds its limit"),
        .init("BlkioWeight", .warned, ownMachine), .init("BlkioWeightDevice", .warned, ownMachine),
        .init("BlkioDeviceReadBps", .warned, ownMachine), .init("BlkioDeviceWriteBps", .warned, ownMachine),
        .init("BlkioDeviceReadIOps", .warned, ownMachine), .init("BlkioDeviceWriteIOps", .warned, ownMachine),
        .init("KernelMemory", .warned, "has no effect: it counts as memory"),
        .init("KernelMemoryTCP", .warned, "has no effect: it counts as memory"),
        .init("CpuRealtimePeriod", .refused, later), .init("CpuRealtimeRuntime", .refused, later),
        .init("CpuCount", .refused, windows), .init("CpuPercent", .refused, windows),
        .init("IOMaximumIOps", .refused, windows), .init("IOMaximumBandwidth", .refused, windows),
    ]

    private static let windows = "is for Windows only"

    private static let surroundings: [RequestField] = [
        .init("AutoRemove", .honoured), .init("RestartPolicy", .honoured), .init("NetworkMode", .honoured),
        .init("LogConfig", .honoured), .init("Tmpfs", .honoured), .init("Mounts", .honoured), .init("Dns", .honoured),
        .init("DnsOptions", .honoured), .init("DnsSearch", .honoured), .init("ExtraHosts", .honoured),
        .init("ConsoleSize", .harmless), .init("ContainerIDFile", .harmless), .init("VolumeDriver", .harmless),
        .init("Annotations", .harmless),
        .init("Runtime", .refused, "can be \"runc\" or nothing", unset: ["runc", "apus"]),
        .init("Init", .warned, "has no effect yet: the command itself is process 1 of the container"),
        .init(
            "Binds",
            .refused,
            "cannot be given yet: folders of the host are not in the container's machine (use docker cp, or --tmpfs)"
        ),
        .init("VolumesFrom", .refused, later), .init("Links", .refused, later), .init("Cgroup", .refused, later),
        .init("StorageOpt", .refused, later),
        .init("PortBindings", .refused, "cannot be given yet: containers have no network"),
        .init("PublishAllPorts", .refused, "cannot be given yet: containers have no network"),
    ]
}
