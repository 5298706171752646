import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

@Suite("QEMU's command line")
struct QEMUArgumentsTests {
    /// Files that are there on every machine, and told apart by their identity.
    static func configuration() -> VMConfiguration {
        let guest = GuestImage(
            kernelVersion: "6.1",
            compressedKernel: "/dev/zero",
            plainKernel: "/dev/full",
            initramfs: "/dev/urandom"
        )
        return VMConfiguration(id: "pod-1", memory: 256 << 20, processors: 2, guest: guest)
    }

    private static func launch(
        _ configuration: VMConfiguration,
        _ accelerator: Accelerator,
        tscKilohertz: UInt64,
        origin: MachineOrigin = .kernel
    ) throws -> QEMULaunch {
        try QEMUArguments(
            configuration: configuration,
            accelerator: accelerator,
            tscKilohertz: tscKilohertz,
            origin: origin
        ).launch(monitor: .open("/dev/null", .readOnly), agent: .open("/dev/null", .readOnly))
    }

    /// The files behind the descriptors from 3 on.
    private static func files(_ launch: borrowing QEMULaunch) throws -> [FileIdentity] {
        #expect(
            launch.descriptors.mappings.map(\.target) == (3..<3 + Int32(launch.descriptors.mappings.count)).map(\.self)
        )
        return try launch.descriptors.mappings.map { try FileIdentity(FileDescriptor(rawValue: $0.source)) }
    }

    private static func identities(_ paths: [FilePath]) throws -> [FileIdentity] {
        try paths.map { path in
            let file = try OwnedFD.open(path, .readOnly)
            return try withExtendedLifetime(file) { try FileIdentity(file.descriptor) }
        }
    }

    @Test("it is exactly this for an emulated machine with a disk and a network card")
    func golden() throws {
        var configuration = Self.configuration()
        let folder = FilePath(FileManager.default.temporaryDirectory.path).appending("arguments-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let file = folder.appending("file")
        try AtomicFile.write([UInt8](repeating: 0, count: 512), to: file)
        configuration.layers = [LayerFile(file, size: 512)]
        configuration.disks = [.init(id: "data", path: file, serial: "s1", readOnly: false)]
        let tap = try OwnedFD.open("/dev/random", .readOnly)
        configuration.network = .init(tap: tap.rawValue, address: "52:54:00:12:34:56")
        configuration.kernelArguments = ["apus.debug"]
        let launch = try Self.launch(configuration, .tcg, tscKilohertz: 2_600_000)
        #expect(
            try Self.files(launch).prefix(5)
                == Self.identities(["/dev/full", "/dev/urandom", "/dev/null", "/dev/null", "/dev/random"])[...]
        )
        #expect(
            launch.arguments == Self.beginning + [
                "-M", "microvm", "-kernel", "/proc/self/fd/3", "-initrd", "/proc/self/fd/4",
                "-append", Self.commandLine + " apus.debug",
            ] + Self.devices(monitor: 5, agent: 6) + [
                "-device", "virtio-net-device,netdev=net0,mac=52:54:00:12:34:56,id=nic0,guest_announce=off",
                "-netdev", "tap,id=tap0,fd=7", "-netdev", "hubport,id=hub0,hubid=0,netdev=tap0",
                "-add-fd", "fd=8,set=1,opaque=512 \(try FileIdentity(file))", "-add-fd", "fd=9,set=0",
                "-add-fd", "fd=10,set=513", "-blockdev",
                #"{"driver":"vmdk","file":{"driver":"file","filename":"/dev/fdset/513","locking":"off"},"node-name":"layers-1","read-only":true}"#,
                "-blockdev", #"{"driver":"raw","file":"layers-1","node-name":"layers","read-only":true}"#, "-device",
                Self.layerDisk, "-add-fd", "fd=11,set=257", "-blockdev",
                #"{"driver":"raw","file":{"driver":"file","filename":"/dev/fdset/257","locking":"auto"},"node-name":"node-1","read-only":false}"#,
                "-device",
                #"{"bus":"scsi0.0","drive":"node-1","driver":"scsi-hd","id":"disk-1-data","lun":0,"scsi-id":1,"serial":"s1"}"#,
            ]
        )
    }

    private static let beginning = [
        "-name", "pod-1", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-no-shutdown",
        "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-global", "virtio-mmio.force-legacy=false", "-accel", "tcg,tb-size=32", "-cpu", "max,-erms,-la57",
        "-smp", "2", "-m", "256M",
    ]

    private static let commandLine =
        "console=ttyS0 quiet loglevel=4 panic=-1 cryptomgr.notests init_on_free=0 lsm=landlock,lockdown,yama "
        + "psi=0 sysctl.net.core.bpf_jit_enable=0 tsc_early_khz=2600000"

    private static let layerDisk =
        #"{"bus":"scsi0.0","drive":"layers","driver":"scsi-hd","id":"layers","lun":0,"scsi-id":0,"serial":"layers"}"#

    /// The layer disk without layers.
    private static let noLayers = [
        "-blockdev",
        #"{"driver":"raw","file":{"driver":"null-co","read-only":true,"read-zeroes":true,"size":17523467616256},"node-name":"layers","read-only":true}"#,
        "-device", layerDisk,
    ]

    private static func devices(monitor: Int, agent: Int) -> [String] {
        [
            "-chardev", "socket,id=monitor,fd=\(monitor),server=on,wait=off", "-mon", "chardev=monitor,mode=control",
            "-chardev", "ringbuf,id=console,size=65536", "-serial", "chardev:console",
            "-chardev", "socket,id=agent,fd=\(agent),server=on,wait=off",
            "-device", "virtio-serial-device,id=serial0,max_ports=8",
            "-device", "virtserialport,bus=serial0.0,nr=1,chardev=agent,name=apus.agent.0,id=agent0",
            "-device", "virtio-scsi-device,id=scsi0",
            "-object", "rng-builtin,id=random0", "-device", "virtio-rng-device,rng=random0",
            "-device", "virtio-balloon-device,id=balloon0,free-page-reporting=on,page-poison=off",
            "-netdev", "hubport,id=net0,hubid=0",
        ]
    }

    @Test("a template's machine has its memory in a file, and a restored one sees that file and boots nothing")
    func templates() throws {
        let memory = try OwnedFD.open("/dev/random", .readOnly)
        let card = ["-device", "virtio-net-device,netdev=net0,mac=52:54:00:00:00:00,id=nic0,guest_announce=off"]
        let backend = "memory-backend-file,id=memory,size=256M,mem-path=/proc/self/fd/3,share="
        let template = try Self.launch(
            Self.configuration(),
            .tcg,
            tscKilohertz: 2_600_000,
            origin: .kernelInFile(memory: memory.rawValue)
        )
        #expect(
            template.arguments == Self.beginning + [
                "-M", "microvm,memory-backend=memory", "-object", backend + "on",
                "-kernel", "/proc/self/fd/4", "-initrd", "/proc/self/fd/5", "-append", Self.commandLine,
            ] + Self.devices(monitor: 6, agent: 7) + card + Self.noLayers
        )
        let clone = try Self.launch(
            Self.configuration(),
            .tcg,
            tscKilohertz: 2_600_000,
            origin: .template(memory: memory.rawValue)
        )
        #expect(
            clone.arguments == Self.beginning + [
                "-M", "microvm,memory-backend=memory", "-object", backend + "off", "-incoming", "defer",
            ] + Self.devices(monitor: 4, agent: 5) + card + Self.noLayers
        )
        #expect(try Self.files(clone) == Self.identities(["/dev/random", "/dev/null", "/dev/null"]))
        _ = consume memory
    }

    @Test("no disk discards blocks, which would keep their content in a restored machine", arguments: [true, false])
    func discard(readOnly: Bool) throws {
        let contents: [DiskAttachment.Content] = [.file("/d"), .server(socket: "d")]
        for (slot, content) in contents.enumerated() {
            let disk = DiskAttachment(id: "d", content: content, serial: "s", readOnly: readOnly)
            let words = try QEMUArguments.json(BlockNode(disk, slot: slot))
            #expect(!words.contains("discard") && !words.contains("unmap"))
        }
        for words in try [LayerNode(file: .zeros), LayerNode(file: .joined(generation: 1))].map(QEMUArguments.json) {
            #expect(!words.contains("discard") && !words.contains("unmap"))
        }
    }

    @Test("under KVM it boots the compressed kernel and lets the guest calibrate itself")
    func kvm() throws {
        let launch = try Self.launch(Self.configuration(), .kvm, tscKilohertz: 1)
        let arguments = launch.arguments.joined(separator: " ")
        #expect(arguments.contains("-accel kvm -cpu host"))
        #expect(try Self.files(launch).first == Self.identities(["/dev/zero"]).first)
        #expect(!arguments.contains("tsc_early_khz"))
    }

    @Test(
        "what QEMU would misread is refused first",
        arguments: [
            { $0.id = "a,b" }, { $0.id = "" }, { $0.memory = 1 }, { $0.memory = (64 << 20) + 1 }, { $0.processors = 0 },
            { $0.network = .init(tap: 1, address: "52:54:00:12:34:56,x=y") },
            { $0.network = .init(tap: 1, address: "+1:54:00:12:34:56") },
            { $0.disks = [.init(id: "a/b", path: "/dev/null", serial: "s", readOnly: true)] },
            {
                $0.disks = [
                    .init(id: "a", path: "/dev/null", serial: String(repeating: "s", count: 37), readOnly: true)
                ]
            },
            { $0.disks = [.init(id: "a", content: .server(socket: "a/b"), serial: "s", readOnly: true)] },
        ] as [@Sendable (inout VMConfiguration) -> Void]
    )
    func validation(change: @Sendable (inout VMConfiguration) -> Void) throws {
        var configuration = Self.configuration()
        try configuration.validate()
        change(&configuration)
        #expect(throws: HypervisorError.self) { try configuration.validate() }
    }

    @Test("disks get the lowest free target, and a new daemon reads them back from the machine")
    func slots() throws {
        var slots = DiskSlots()
        // Target 0 is the layer disk's.
        #expect(try (slots.take("a"), slots.take("b-1")) == (1, 2))
        #expect(throws: HypervisorError.self) { try slots.take("a") }
        slots.release("a")
        #expect(try slots.take("c") == 1)
        #expect(DiskSlots(devices: ["serial0", "layers", "disk-1-c", "disk-2-b-1", "disk-x-y", "disk-"]) == slots)
        for number in 2..<DiskSlots.capacity { _ = try slots.take("n\(number)") }
        #expect(throws: HypervisorError.self) { try slots.take("one too many") }
    }
}

@Suite("how machines end")
struct VMExitTests {
    @Test(
        "a panic is told apart from a reset by the console",
        arguments: [
            ("guest-shutdown", ["x"], VMExit.Reason.shutdown), ("guest-reset", ["x"], .reset),
            (
                "guest-reset", ["[ 1.0] Kernel panic - not syncing: Attempted to kill init!", "x"],
                .panic("Attempted to kill init!")
            ),
            (nil, ["reboot: Restarting system"], .reset), (nil, ["reboot: Power down"], .shutdown),
        ] as [(String?, [String], VMExit.Reason)]
    )
    func reasons(event: String?, console: [String], expected: VMExit.Reason) {
        #expect(VMExit.guestReason(event, console: console) == expected)
    }

    @Test("console lines are safe to show")
    func sanitised() {
        #expect(ConsoleLog.lines(Array("a\r\n\u{1b}[31mred\u{07}\n".utf8) + [0xff], 5) == ["a", "[31mred", "\u{fffd}"])
        #expect(ConsoleLog.lines(Array(repeating: 0x61, count: 9000), 5).first?.count == 500)
        #expect(ConsoleLog.lines([0x61], 0).isEmpty)
    }

    @Test("a console file stays within its bound and is continued")
    func bounded() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("console.log")
            let log = ConsoleLog(path)
            for _ in 0..<3 { log.append(Array(repeating: 0x61, count: 40_000)) }
            log.append(Array("\nlast".utf8))
            let size = try FileStatus(path).size
            #expect(size == Int64(ConsoleLog.capacity))
            #expect(ConsoleLog(path).lines(1) == ["last"])
        }
    }
}
