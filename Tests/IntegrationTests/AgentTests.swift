import AgentProtocol
import Foundation
import Hypervisor
import Images
import OCI
import Sandboxes
import SystemPackage
import Testing

extension EndToEnd {
    /// The agent itself, without pods and command line: what they do not use yet is shown here.
    @Suite struct AgentTests {
        @Test("a container is made first and started later; files go in and come out of it")
        func files() async throws {
            try await withGuest { agent, _ in
                var spec = Self.container(running: ["cat", "/etc/greeting"])
                spec.start = false
                try await agent.request(.createContainer(spec))
                let content = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
                try await agent.request(.writeFile(Self.piece("/etc/greeting", content)))
                let read = try await agent.request(
                    .readFile(FileRange(container: "main", path: "/etc/greeting", offset: 99_990, count: 100))
                )
                #expect(read == .file(FileContent(bytes: Array(content.suffix(10)), size: 100_000)))
                try await agent.request(.startContainer(id: "main"))
            }
        }

        @Test("a path is resolved inside its container, whatever its links say")
        func escapes() async throws {
            try await withGuest { agent, _ in
                let process = try await agent.create(
                    Self.container(running: [
                        "sh", "-c", "ln -s /proc/1/root/init /tmp/out; ln -s ../../../.. /tmp/up; sleep 100",
                    ])
                )
                try await Self.until("the links are there") {
                    let file = FileRange(container: "main", path: "/tmp/up/etc/passwd", offset: 0, count: 10)
                    return (try? await agent.request(.readFile(file))) != nil
                }
                let outside = FileRange(container: "main", path: "/tmp/up/modules", offset: 0, count: 10)
                let failure = await #expect(throws: AgentFailure.self) { try await agent.request(.readFile(outside)) }
                #expect(failure?.code == .notFound)
                #expect(process.id == 1)
            }
        }

        @Test("statistics count what a container uses, and limits are its cgroup's")
        func statistics() async throws {
            try await withGuest { agent, _ in
                var spec = Self.container(running: ["sh", "-c", "while :; do :; done"])
                spec.resources = ResourceLimits(memory: 32 << 20, milliCPU: 500, processes: 50)
                _ = try await agent.create(spec)
                let first = try await Self.statistics(agent)
                try await Self.until("processor time has passed") {
                    try await Self.statistics(agent).cpuUsage > first.cpuUsage
                }
                let now = try await Self.statistics(agent)
                #expect(now.memoryLimit == 32 << 20)
                #expect(now.memory > 0 && now.memory < 32 << 20)
                #expect(now.processes == 1)
                #expect(now.oomKills == 0)
            }
        }

        @Test("addresses and routes are set before anything runs")
        func network() async throws {
            try await withGuest { agent, _ in
                let process = try await agent.create(
                    Self.container(running: ["sh", "-c", "ip addr show lo; ip route"])
                )
                let text = await Self.output(of: process)
                #expect(text.contains("10.9.8.7/32"))
                #expect(text.contains("fd00::7/128"))
                #expect(text.contains("10.99.0.0/16 dev lo"))
            }
        }

        @Test("a signal to everyone reaches all processes, and a removed container leaves nothing")
        func removal() async throws {
            try await withGuest { agent, _ in
                let main = try await agent.create(Self.container(running: ["sleep", "1000"]))
                let further = try await agent.execute(Self.process(2, ["sleep", "1000"]), in: "main")
                try await agent.request(.signal(process: 1, signal: 9, everyone: true))
                #expect(try await main.wait().signal == 9)
                #expect(try await further.wait().signal == 9)
                try await agent.request(.removeContainer(id: "main"))
                for process in [main, further] { try await agent.forget(process) }
                _ = try await agent.create(Self.container(running: ["true"]))
            }
        }

        @Test("a host that comes after another takes over its processes where it left off")
        func takeOver() async throws {
            try await withMachine { machine in
                try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) {
                    agent in
                    try await agent.request(.configurePod(Self.pod))
                    _ = try await agent.create(Self.container(running: ["sh", "-c", "seq 1 20000; exit 3"]))
                }
                try await AgentClient.withConnection(to: machine.agentSocket, fresh: false, patience: .seconds(10)) {
                    agent in
                    let status = try #require(agent.inheritedProcesses.first)
                    let process = try await agent.takeOver(status, outputStart: 0, errorStart: 0)
                    let text = await Self.output(of: process)
                    #expect(text == (1...20000).map { "\($0)\n" }.joined())
                    #expect(try await process.wait().code == 3)
                }
            }
        }

        @Test("a guest that is told to shut down powers its machine off")
        func shutdown() async throws {
            try await withMachine { machine in
                _ = try? await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60))
                {
                    agent in
                    try await agent.request(.shutdown, patience: .seconds(2))
                }
                let exit = try await machine.waitForExit()
                #expect(exit.reason == .shutdown)
            }
        }

        // MARK: What the tests share

        func withGuest(
            _ pod: PodConfiguration = pod,
            _ body: @escaping @Sendable (AgentClient, any VirtualMachine) async throws -> Void
        ) async throws {
            try await withMachine { machine in
                try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) {
                    agent in
                    try await agent.request(.configurePod(pod))
                    try await body(agent, machine)
                }
            }
        }

        /// A machine with the busybox image's layer as its disk.
        func withMachine(_ body: @escaping @Sendable (any VirtualMachine) async throws -> Void) async throws {
            try await withNode { node in
                let layer = try #require(
                    try ImageStore(root: node.root.appending("images")).image("busybox").layers.first
                )
                let guest = try await GuestImage.prepare(
                    guest: FilePath(try #require(ProcessInfo.processInfo.environment["APUS_GUEST"])),
                    kernel: try GuestKernel.bundle(in: node.root),
                    cache: node.root.appending("guest")
                )
                var configuration = VMConfiguration(id: "agent-test", memory: 256 << 20, processors: 1, guest: guest)
                configuration.disks = [DiskAttachment(id: "layer0", path: layer.disk, serial: "layer0", readOnly: true)]
                let qemu = try await node.emulator()
                let machine = try await qemu.start(configuration, in: VMDirectory(node.runRoot))
                let result = await Result { try await body(machine) }
                try await machine.kill()
                try result.get()
            }
        }

        static let pod = PodConfiguration(
            hostname: "agent",
            realtime: 1_800_000_000_000_000_000,
            entropy: [UInt8](repeating: 7, count: 64),
            machineID: [UInt8](repeating: 0xAB, count: 16),
            challenge: [UInt8](repeating: 9, count: 32),
            interfaces: [
                Interface(
                    name: "lo",
                    addresses: [
                        AddressPrefix(address: [10, 9, 8, 7], prefix: 32),
                        AddressPrefix(address: [0xfd] + [UInt8](repeating: 0, count: 14) + [7], prefix: 128),
                    ],
                    routes: [Route(destination: AddressPrefix(address: [10, 99, 0, 0], prefix: 16), gateway: [])]
                )
            ]
        )

        static func process(_ id: UInt32, _ arguments: [String]) -> ProcessSpec {
            ProcessSpec(id: id, arguments: arguments, environment: ["PATH=/bin"])
        }

        static func container(running arguments: [String]) -> ContainerSpec {
            var spec = ContainerSpec(
                id: "main",
                layers: [LayerSource(serial: "layer0")],
                writable: .memory(limit: 64 << 20),
                process: process(1, arguments)
            )
            spec.mounts = OCIDefaults.mounts()
            return spec
        }

        private static func piece(_ path: String, _ bytes: [UInt8]) -> FileWrite {
            FileWrite(container: "main", path: path, mode: 0o644, offset: 0, bytes: bytes)
        }

        private static func statistics(_ agent: AgentClient) async throws -> ContainerStatistics {
            guard case .statistics(let pod) = try await agent.request(.statistics) else {
                throw CommandFailure(description: "no statistics")
            }
            return try #require(pod.containers.first)
        }

        static func output(of process: AgentProcess) async -> String {
            var bytes: [UInt8] = []
            for await chunk in process.output {
                bytes += chunk.bytes
                process.acknowledge(chunk)
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        private static func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
            for _ in 0..<100 {
                if try await isSo() { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw CommandFailure(description: "not within 10 s: \(what)")
        }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
