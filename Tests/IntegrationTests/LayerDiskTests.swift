import AgentProtocol
import Foundation
import Hypervisor
import Images
import Linux
import Sandboxes
import SystemPackage
import TestSupport
import Testing

extension EndToEnd.AgentTests {
    @Test("layers come while the guest runs, and more of them while the first are mounted and read")
    func layersComeLater() async throws {
        try await withEmptyMachine { machine, layers in
            try await Self.withConfigured(machine) { agent in
                try await machine.fill([layers[0]], from: 1)
                let script = "for i in 1 2 3 4 5 6 7 8; do echo $i; cat /bin/busybox | md5sum; done"
                let reader = try await agent.create(Self.container("reader", 1, slots: [1], script))
                async let lines = Self.output(of: reader).split(separator: "\n").map(String.init)
                try await machine.fill(layers, from: 1)
                try await machine.fill([layers[0]], from: 100)
                let other = try await agent.create(Self.container("other", 2, slots: [1, 2], "cat /last /layers/1"))
                #expect(await Self.output(of: other) == "1\n1\n")
                let far = try await agent.create(Self.container("far", 3, slots: [100], "cat /bin/busybox | md5sum"))
                let sum = await Self.output(of: far).trimmingCharacters(in: .newlines)
                #expect(await lines == (1...8).flatMap { ["\($0)", sum] })
                for process in [reader, other, far] { #expect(try await process.wait().code == 0) }
            }
        }
    }

    @Test("a slot that nothing is in cannot be mounted, and can be filled and mounted then")
    func emptySlot() async throws {
        try await withEmptyMachine { machine, layers in
            try await Self.withConfigured(machine) { agent in
                let early = await #expect(throws: AgentFailure.self) {
                    _ = try await agent.create(Self.container("early", 1, slots: [20], "true"))
                }
                #expect(early?.code == .system)
                try await machine.fill([layers[0]], from: 21)
                let process = try await agent.create(Self.container("main", 1, slots: [21], "echo here"))
                #expect(await Self.output(of: process) == "here\n")
            }
        }
    }

    @Test("whoever gets at the disk itself in the guest can read it and not write to it")
    func writeRefused() async throws {
        try await withEmptyMachine { machine, layers in
            try await machine.fill([layers[0]], from: 1)
            try await Self.withConfigured(machine) { agent in
                // Out of the container's control group, where all devices may be used.
                let script = """
                    echo 0 >/groups/cgroup.procs
                    dd if=/devices/sda1 bs=1024 skip=1 count=1 2>/dev/null | od -An -tx1 -N4
                    dd if=/dev/zero of=/devices/sda1 bs=4096 count=1 conv=notrunc 2>&1; echo $?
                    blockdev --setrw /devices/sda 2>/dev/null
                    dd if=/dev/zero of=/devices/sda bs=4096 count=1 conv=notrunc,fsync 2>/dev/null; echo $?
                    """
                var spec = Self.container("main", 1, slots: [1], script)
                spec.mounts = [("/devices", "/dev"), ("/groups", "/sys/fs/cgroup")].map {
                    MountSpec(destination: $0, type: "", source: $1)
                }
                Confinement.privileged().apply(to: &spec)
                let process = try await agent.create(spec)
                let lines = await Self.output(of: process).split(separator: "\n").map(String.init)
                #expect(lines.first?.trimmingCharacters(in: .whitespaces) == "e2 e1 f5 e0")
                #expect(lines.contains("dd: error writing '/devices/sda1': Operation not permitted"), "\(lines)")
                #expect(lines.suffix(2) == ["1", "1"], "\(lines)")
                _ = try await process.wait()
            }
        }
    }

    @Test("a guest is sealed with its layer disk and the partitions that most containers need")
    func sealedWithPartitions() async throws {
        try await withEmptyMachine { machine, layers in
            try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) {
                try await $0.seal()
            }
            try await machine.fill([layers[0]], from: 1)
            try await AgentClient.withConnection(
                to: machine.agentSocket,
                fresh: true,
                renewal: .fresh,
                patience: .seconds(60)
            ) { agent in
                try await agent.request(.configurePod(Self.pod))
                var spec = Self.container("main", 1, slots: [1], "ls /devices | grep '^sd' | sort")
                spec.mounts.append(MountSpec(destination: "/devices", type: "", source: "/dev"))
                let process = try await agent.create(spec)
                let expected = ["sda"] + (Array(1...LayerDisk.preparedSlots) + [LayerDisk.slots]).map { "sda\($0)" }
                #expect(await Self.output(of: process).split(separator: "\n").map(String.init) == expected.sorted())
            }
        }
    }

    // MARK: What the tests share

    private static func withConfigured(
        _ machine: any VirtualMachine,
        _ body: @escaping @Sendable (AgentClient) async throws -> Void
    ) async throws {
        try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) { agent in
            try await agent.request(.configurePod(pod))
            try await body(agent)
        }
    }

    private static func container(_ id: String, _ number: UInt32, slots: [UInt8], _ script: String) -> ContainerSpec {
        var spec = container(running: ["sh", "-c", script])
        spec.id = id
        spec.process.id = number
        spec.layers = slots.map { LayerSource(serial: LayerDisk.serial, partition: $0) }
        return spec
    }

    /// A machine without layers, and two layers for it.
    private func withEmptyMachine(
        _ body: @escaping @Sendable (any VirtualMachine, [LayerFile]) async throws -> Void
    ) async throws {
        try await withNode { node in
            let archive = try await LayeredImage.archive(layers: 2, in: node.folder, name: "layered")
            try await node.succeed("load", "-i", archive.string)
            let store = try ImageStore(root: node.root.appending("images"))
            let layers = try store.image("busybox").layers.prefix(1) + store.image("layered").layers.dropFirst()
            let files = layers.map { LayerFile($0.disk, size: $0.size) }
            let guest = try await GuestImage.prepare(
                guest: FilePath(try #require(ProcessInfo.processInfo.environment["APUS_GUEST"])),
                kernel: try GuestKernel.bundle(in: node.root),
                cache: node.root.appending("guest")
            )
            let configuration = VMConfiguration(id: "layers-test", memory: 256 << 20, processors: 1, guest: guest)
            let qemu = try await node.emulator()
            let machine = try await qemu.start(configuration, in: VMDirectory(node.runRoot))
            let result = await Result { try await body(machine, files) }
            try await machine.kill()
            try result.get()
        }
    }
}
