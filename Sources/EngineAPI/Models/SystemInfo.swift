import OCI

/// The answer of `GET /info`, in Docker's names.
///
/// What has no counterpart here says so (`Swarm` is inactive, there are no plugins beside those that are built in); the
/// flags about memory and CPUs tell what options of `docker run` have an effect.
struct SystemInfo: Encodable {
    var id: String
    var containers = 0
    var running = 0
    var paused = 0
    var stopped = 0
    var images = 0
    var processors: Int
    var memory: UInt64
    var kernel: String
    var operatingSystem: String
    var host: String
    var root: String
    var version: String
    var time: String
    var registries: [String: JSONValue]
    /// What clients keep the login to the default registry under.
    var index: String
    var warnings: [String]

    private var members: [String: JSONValue] {
        [
            "ID": .string(id), "Containers": .number(containers), "ContainersRunning": .number(running),
            "ContainersPaused": .number(paused), "ContainersStopped": .number(stopped), "Images": .number(images),
            "NCPU": .number(processors), "MemTotal": .integer(Int64(clamping: memory)),
            "KernelVersion": .string(kernel),
            "OperatingSystem": .string(operatingSystem), "OSType": .string(Platform.host.os), "OSVersion": .string(""),
            "Architecture": .string(Self.machine), "Name": .string(host), "DockerRootDir": .string(root),
            "ServerVersion": .string(version), "SystemTime": .string(time), "RegistryConfig": .object(registries),
            "IndexServerAddress": .string(index), "Warnings": .texts(warnings),
        ]
    }

    /// What is the same on every node.
    private static let constants: [String: JSONValue] = [
        // Layers are read-only EROFS disks, stacked by the guest's overlayfs.
        "Driver": .string("erofs"),
        "DriverStatus": .array([.texts(["Layers", "EROFS disks"]), .texts(["Isolation", "virtual machines"])]),
        "LoggingDriver": .string("json-file"), "CgroupDriver": .string("cgroupfs"), "CgroupVersion": .string("2"),
        "DefaultRuntime": .string("apus"),
        "Runtimes": .object(["apus": .object(["path": .string("apus")])]),
        "Plugins": .object([
            "Volume": .array([]), "Network": .texts(["null"]), "Log": .texts(["json-file", "none"]),
            "Authorization": .null,
        ]),
        "Swarm": .object([
            "NodeID": .string(""), "NodeAddr": .string(""), "LocalNodeState": .string("inactive"),
            "ControlAvailable": .bool(false), "Error": .string(""), "RemoteManagers": .null,
        ]),
        "MemoryLimit": .bool(true), "SwapLimit": .bool(false), "CpuCfsPeriod": .bool(true), "CpuCfsQuota": .bool(true),
        "CPUShares": .bool(true), "CPUSet": .bool(true), "PidsLimit": .bool(true), "OomKillDisable": .bool(false),
        "KernelMemory": .bool(false), "KernelMemoryTCP": .bool(false), "IPv4Forwarding": .bool(true),
        "BridgeNfIptables": .bool(true), "BridgeNfIp6tables": .bool(true), "Debug": .bool(false), "NFd": .number(-1),
        "NGoroutines": .number(0), "NEventsListener": .number(0), "InitBinary": .string("apus-guest"),
        "ContainerdCommit": commit, "RuncCommit": commit, "InitCommit": commit, "Isolation": .string(""),
        "SecurityOptions": .texts(["name=seccomp,profile=builtin"]), "ExperimentalBuild": .bool(false),
        "LiveRestoreEnabled": .bool(true), "Labels": .array([]), "HttpProxy": .string(""), "HttpsProxy": .string(""),
        "NoProxy": .string(""), "GenericResources": .null, "ProductLicense": .string(""), "CDISpecDirs": .array([]),
    ]

    private static let commit = JSONValue.object(["ID": .string("N/A"), "Expected": .string("N/A")])

    /// The kernel's word for the architecture, which is not Go's.
    private static let machine = Platform.host.architecture == "arm64" ? "aarch64" : "x86_64"

    func encode(to encoder: any Encoder) throws {
        try JSONValue.object(Self.constants.merging(members) { $1 }).encode(to: encoder)
    }
}

extension JSONValue {
    /// A number of Swift's usual kind.
    static func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }

    /// A list of strings.
    static func texts(_ values: some Sequence<String>) -> JSONValue { .array(values.map(JSONValue.string)) }
}
