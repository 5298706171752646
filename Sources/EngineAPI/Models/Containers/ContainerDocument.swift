import OCI
import Pods

/// The inspection of a container, with every member that Docker's clients read.
struct ContainerDocument {
    let pod: PodSummary
    /// What the image says of itself; its settings are in force where the container has none.
    let image: ImageConfiguration
    /// What runs in the container beside its own process.
    let execs: [String]
    /// The size of the image's disks, if sizes were asked for.
    let size: Int64?

    private var record: PodRecord { pod.record }
    private var spec: PodSpec { pod.record.spec }
    private var options: PodSpec.Options { pod.record.spec.refinements }

    /// The document.
    var json: JSONValue {
        var document: [String: JSONValue] = [
            "Id": .string(record.id),
            "Created": .string(EngineTime.text(record.created)),
            "Path": .string(record.commandLine.first ?? ""),
            "Args": .list(record.commandLine.dropFirst()),
            "State": pod.stateDocument,
            "Image": .string(record.imageID),
            "Name": .string("/\(record.name)"),
            "RestartCount": .number(pod.restarts),
            "Driver": "erofs",
            "Platform": "linux",
            "ExecIDs": .listOrNull(execs),
            "HostConfig": host,
            "GraphDriver": ["Name": "erofs", "Data": .null],
            "Mounts": .array(options.tmpfs.map { .tmpfsMount($0) }),
            "Config": configuration,
            "NetworkSettings": Self.network,
        ]
        // Files of the host that other engines have; here they are in the container's machine.
        for name in [
            "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath", "MountLabel", "ProcessLabel", "AppArmorProfile",
        ] { document[name] = "" }
        if let size { document["SizeRootFs"] = .integer(size) }
        return .object(document)
    }

    /// `Config`: the image's settings with the container's over them.
    private var configuration: JSONValue {
        let streams = options.attached
        let command = spec.command.isEmpty && spec.entrypoint == nil ? image.command : spec.command
        let signal = spec.stopSignal.map { "\($0)" } ?? image.stopSignal
        var config: [String: JSONValue] = [
            "Hostname": .string(spec.hostname ?? record.shortID),
            "Domainname": .string(options.domain ?? ""),
            "User": .string(spec.user ?? image.user),
            "AttachStdin": .bool(streams.contains(.input)),
            "AttachStdout": .bool(streams.contains(.output)),
            "AttachStderr": .bool(streams.contains(.error)),
            "Tty": .bool(spec.terminal),
            "OpenStdin": .bool(spec.openInput),
            "StdinOnce": .bool(spec.openInput && !options.keepsInput),
            "Env": .list(environment),
            "Cmd": .listOrNull(command),
            "Image": .string(spec.image),
            "Volumes": image.volumes.isEmpty ? .null : Self.set(image.volumes),
            "WorkingDir": .string(spec.workingDirectory ?? image.workingDirectory),
            "Entrypoint": .listOrNull(spec.entrypoint ?? image.entrypoint),
            "OnBuild": .null,
            "Labels": .map(spec.labels),
        ]
        if !image.exposedPorts.isEmpty { config["ExposedPorts"] = Self.set(image.exposedPorts) }
        if let signal { config["StopSignal"] = .string(signal) }
        if let patience = spec.stopPatience { config["StopTimeout"] = .integer(patience.components.seconds) }
        return .object(config)
    }

    /// The container's variables, then those of the image that it does not change.
    private var environment: [String] {
        let names = Set(spec.environment.map { $0.prefix { $0 != "=" } })
        return spec.environment
            + image.environment.filter { variable in !names.contains(variable.prefix { $0 != "=" }) }
    }

    private static func set(_ names: [String]) -> JSONValue {
        .object(Dictionary(names.map { ($0, [:]) }) { $1 })
    }

    /// There is no network yet; clients read these members nonetheless.
    private static let network: JSONValue = [
        "Bridge": "", "SandboxID": "", "SandboxKey": "", "HairpinMode": false, "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0, "Ports": [:], "SecondaryIPAddresses": .null, "SecondaryIPv6Addresses": .null,
        "EndpointID": "", "Gateway": "", "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "IPAddress": "",
        "IPPrefixLen": 0, "IPv6Gateway": "", "MacAddress": "", "Networks": [:],
    ]
}
