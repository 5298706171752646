import AgentProtocol

/// One of every message, with every optional part present at least once: what the round trips and the fuzzers'
/// first inputs are made of.
enum Samples {
    static let requests: [Request] = [
        .configurePod(pod),
        .createContainer(container),
        .createContainer(onDisk),
        .startContainer(id: "web"),
        .execute(container: "web", ProcessSpec(id: 8, arguments: ["sh", "-c", "echo ü"])),
        .signal(process: 7, signal: 15, everyone: true),
        .resize(process: 7, TerminalSize(rows: 24, columns: 80)),
        .forget(process: 7),
        .removeContainer(id: "web"),
        .readFile(FileRange(container: "web", path: "/etc/motd", offset: 1 << 40, count: 4096)),
        .writeFile(FileWrite(container: "web", path: "/tmp/ü", mode: 0o4755, offset: 5, bytes: [0, 1, 2, 255])),
        .statistics,
        .shutdown,
        .archive(process: 9, container: "web", pause: true),
        .seal,
        .retain([LayerSource(serial: "image", partition: 1), LayerSource(serial: "data")]),
        .pause(container: "web", true), .pause(container: "web", false),
    ]

    static let responses: [Response] = [
        .done,
        .file(FileContent(bytes: [1, 0, 255], size: .max)),
        .statistics(statistics),
        .failure(AgentFailure(.commandNotFound, stage: "exec", errno: 2)),
        .failure(AgentFailure(.system, stage: "", errno: -1)),
        .identity(identity),
    ]

    static let events: [Event] = [
        .ready(
            GuestInfo(
                agent: "0.1.0",
                kernel: "6.1.0-cloud",
                uptime: 123_456,
                configured: true,
                interfaces: ["eth0", "eth1"]
            )
        ),
        .process(ProcessStatus(process: 7, container: "web", isInit: true, exit: nil)),
        .process(
            ProcessStatus(
                process: 8,
                container: "web",
                isInit: false,
                exit: ExitStatus(code: 0, signal: 9, outOfMemory: true)
            )
        ),
        .snapshotEnd,
        .outOfMemory(container: "web"),
    ]

    static let data = StreamData(
        stream: StreamID(process: 7, channel: .error),
        offset: 0x0102_0304_0506_0708,
        end: true,
        bytes: [0xAA, 0xBB]
    )

    static let credit = StreamCredit(
        stream: StreamID(process: 7, channel: .input),
        acknowledged: 3,
        limit: UInt64(Int64.max)
    )

    static let pod = PodConfiguration(
        hostname: "pod-1",
        realtime: -1,
        entropy: [UInt8](0..<64),
        machineID: [UInt8](64..<80),
        challenge: [UInt8](80..<112),
        resolvConf: [UInt8]("nameserver 10.0.0.1\n".utf8),
        hosts: [UInt8]("127.0.0.1 localhost\n".utf8),
        interfaces: [
            Interface(
                name: "eth0",
                mac: [2, 0, 0, 0, 0, 1],
                mtu: 1450,
                addresses: [
                    AddressPrefix(address: [10, 0, 0, 2], prefix: 24),
                    AddressPrefix(address: [0xFD] + [UInt8](repeating: 0, count: 14) + [2], prefix: 128),
                ],
                routes: [
                    Route(destination: AddressPrefix(address: [0, 0, 0, 0], prefix: 0), gateway: [10, 0, 0, 1]),
                    Route(destination: AddressPrefix(address: [10, 1, 0, 0], prefix: 16), gateway: []),
                ]
            ), Interface(name: "lo"),
        ]
    )

    static let identity = GuestIdentity(
        challenge: [UInt8](80..<112),
        bootID: "0d9e3e2c-2d6c-4c55-8f8b-0b8f0d0c1a2b",
        machineID: [UInt8](64..<80),
        random: [UInt8](112..<144),
        addressRandom: [UInt8](144..<160),
        stack: 0x7FFF_1234_5678,
        realtime: 1_800_000_000_000_000_000,
        hostname: "pod-1",
        addresses: [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]],
        renewed: true
    )

    static let renewal = Handshake.Renewal(entropy: [UInt8](0..<64), realtime: 0x0102_0304_0506_0708)

    static let process = ProcessSpec(
        id: 7,
        arguments: ["/bin/sh", ""],
        environment: ["PATH=/bin", "EMPTY="],
        workingDirectory: "/srv",
        user: "nobody:nogroup",
        additionalGroups: [4, .max],
        terminal: TerminalSize(rows: 1, columns: .max),
        openInput: true,
        capabilities: CapabilitySets(bounding: 1, effective: 2, permitted: 4, inheritable: 8, ambient: 1 << 40),
        noNewPrivileges: false,
        resourceLimits: [ResourceLimit(resource: 7, soft: 1024, hard: .max)],
        seccomp: [UInt8](repeating: 6, count: 16),
        oomScoreAdjustment: -1000
    )

    static let container = ContainerSpec(
        id: "web",
        hostname: "front",
        layers: [LayerSource(serial: "image", partition: 1), LayerSource(serial: "image", partition: 128)],
        writable: .memory(limit: 1 << 30),
        rootReadOnly: true,
        mounts: [MountSpec(destination: "/proc", type: "proc", source: "proc", flags: 14, options: "hidepid=2")],
        maskedPaths: ["/proc/kcore"],
        readOnlyPaths: ["/proc/sys"],
        sysctls: [Sysctl(name: "net.ipv4.ip_forward", value: "1")],
        resources: ResourceLimits(memory: 1 << 28, milliCPU: 1500, processes: 100),
        process: process,
        start: false
    )

    static let onDisk = ContainerSpec(
        id: "b",
        layers: [LayerSource(serial: "l0")],
        writable: .disk(serial: "w0"),
        process: ProcessSpec(id: 1, arguments: ["true"])
    )

    static let statistics = PodStatistics(
        memoryTotal: 1,
        memoryAvailable: 2,
        uptime: 3,
        containers: [
            ContainerStatistics(
                id: "web",
                cpuUsage: 1,
                cpuUser: 2,
                memory: 3,
                memoryPeak: 4,
                memoryLimit: .max,
                oomKills: 5,
                processes: 6
            )
        ]
    )
}
