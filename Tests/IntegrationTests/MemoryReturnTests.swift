import AgentProtocol
import Foundation
import Hypervisor
import Images
import Linux
import OCI
import Sandboxes
import SystemPackage
import Testing

extension EndToEnd {
    /// What machines from a template do with the memory that they no longer need.
    @Suite struct MemoryReturnTests {
        private static let mebibyte: UInt64 = 1 << 20
        private static let shape = MachineShape(memory: 512 << 20, processors: 1)

        @Test("memory that a restored machine's container has freed goes back to the host, and the template stays")
        func memoryReturn() async throws {
            try await withRestoredMachine { machine in
                try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) {
                    agent in
                    try await agent.request(.configurePod(Self.pod))
                    _ = try await agent.create(Self.container)
                    let before = try Self.ownMemory(of: machine)
                    try await Self.run(2, ["dd", "if=/dev/zero", "of=/tmp/file", "bs=1M", "count=200"], agent)
                    #expect(try Self.ownMemory(of: machine) > before + 200 * Self.mebibyte)
                    try await Self.run(3, ["rm", "/tmp/file"], agent)
                    // The guest reports free memory some seconds after it has become free.
                    try await Self.until("the memory is back") {
                        try Self.ownMemory(of: machine) < before + 50 * Self.mebibyte
                    }
                    // What was given back is used again.
                    try await Self.run(4, ["dd", "if=/dev/zero", "of=/tmp/file", "bs=1M", "count=200"], agent)
                    try await Self.run(5, ["sh", "-c", "tr -d '\\0' </tmp/file | cmp - /dev/null"], agent)
                }
            }
        }

        @Test("a restored machine may use all the memory that its guest has, the first of its template as well")
        func wholeMemory() async throws {
            try await withRestoredMachine { machine in
                try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) {
                    agent in
                    try await agent.request(.configurePod(Self.pod))
                    _ = try await agent.create(Self.container)
                    // One block is one piece of memory, which no process of the template has touched.
                    try await Self.run(2, ["dd", "if=/dev/zero", "of=/dev/null", "bs=380M", "count=1"], agent)
                }
            }
        }

        private func withRestoredMachine(_ body: (any VirtualMachine) async throws -> Void) async throws {
            try await withNode { node in
                let layer = try #require(
                    try ImageStore(root: node.root.appending("images")).image("busybox").layers.first
                )
                let guest = try await GuestImage.prepare(
                    guest: FilePath(try #require(ProcessInfo.processInfo.environment["APUS_GUEST"])),
                    kernel: try GuestKernel.bundle(in: node.root),
                    cache: node.root.appending("guest")
                )
                let qemu = try await node.emulator()
                let template = try await qemu.makeTemplate(
                    Self.shape,
                    guest: guest,
                    in: try Self.folder("template", in: node)
                ) { _ in }
                var configuration = VMConfiguration(
                    id: "memory-return-test",
                    memory: Self.shape.memory,
                    processors: Self.shape.processors,
                    guest: guest
                )
                configuration.disks = [DiskAttachment(id: "layer0", path: layer.disk, serial: "layer0", readOnly: true)]
                let machine = try await qemu.restore(template, configuration, in: try Self.folder("clone", in: node))
                do { try await body(machine) } catch {
                    try await machine.kill()
                    throw error
                }
                try await machine.kill()
                try template.verify()
            }
        }

        private static func folder(_ name: String, in node: Node) throws -> VMDirectory {
            let path = node.runRoot.appending(name)
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
            return VMDirectory(path)
        }

        /// The bytes that the machine does not share with its template.
        private static func ownMemory(of machine: any VirtualMachine) throws -> UInt64 {
            let status = try ProcFile.read(FilePath("/proc/\(machine.processID)/status"))
            let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
            return try #require(line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { UInt64($0) })
                * 1024
        }

        private static func run(_ id: UInt32, _ arguments: [String], _ agent: AgentClient) async throws {
            let process = try await agent.execute(
                ProcessSpec(id: id, arguments: arguments, environment: ["PATH=/bin"]),
                in: "main"
            )
            #expect(try await process.wait().code == 0, "\(arguments)")
        }

        private static let pod = PodConfiguration(
            hostname: "memory",
            realtime: 1_800_000_000_000_000_000,
            entropy: [UInt8](repeating: 7, count: 64),
            machineID: [UInt8](repeating: 1, count: 16),
            challenge: [UInt8](repeating: 2, count: 32),
            interfaces: []
        )

        private static var container: ContainerSpec {
            var spec = ContainerSpec(
                id: "main",
                layers: [LayerSource(serial: "layer0")],
                writable: .memory(limit: 300 << 20),
                process: ProcessSpec(id: 1, arguments: ["sleep", "1000"], environment: ["PATH=/bin"])
            )
            spec.mounts = OCIDefaults.mounts()
            return spec
        }

        private static func until(_ what: String, _ isSo: () throws -> Bool) async throws {
            for _ in 0..<200 {
                if try isSo() { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw CommandFailure(description: "not within 20 s: \(what)")
        }
    }
}
