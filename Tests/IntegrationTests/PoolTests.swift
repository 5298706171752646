import AgentProtocol
import Foundation
import Hypervisor
import Images
import Linux
import Logging
import OCI
import Sandboxes
import SystemPackage
import TestSupport
import Testing

@testable import Pool

extension EndToEnd {
    /// The pool with real machines.
    @Suite struct PoolTests {
        @Test("the first machine boots; then others wait that are unique, warmed, and run containers")
        func fill() async throws {
            try await withPool { pool in
                let first = try await pool.take()
                #expect(first.origin == .boot && first.hasImage)
                #expect(try await pool.output(of: first, ["echo", "cold"]) == "cold\n")
                try await pool.until("two machines wait") { $0.idle == 2 }
                let hits = [try await pool.take(), try await pool.take()]
                #expect(hits.map(\.origin) == [.pool, .pool])
                let clone = try await pool.take()
                #expect(clone.origin == .template && clone.renewal != nil)
                var ids: Set<String> = []
                for ready in hits + [clone] {
                    ids.insert(try await pool.output(of: ready, ["cat", "/proc/sys/kernel/random/boot_id"]))
                }
                #expect(ids.count == 3)
                for ready in [first] + hits + [clone] { try await ready.machine.kill() }
            }
        }

        @Test("a machine that was handed out lives in its pod's folder, under its pod's limits")
        func handOver() async throws {
            try await withPool { pool in
                try await pool.fill()
                let ready = try await pool.take(CgroupLimits(memory: 700 << 20))
                #expect(ready.machine.directory.path.lastComponent?.string.hasPrefix("pod") == true)
                #expect(VMRemains(ready.machine.directory).isAlive)
                #expect(
                    try String(contentsOfFile: "/proc/\(ready.machine.processID)/cgroup", encoding: .utf8).contains(
                        "apus/pool-"
                    )
                )
                #expect(pool.limits(of: ready.machine.processID).contains("\(700 << 20)\n"))
                #expect(try await pool.output(of: ready, ["echo", "hello"]) == "hello\n")
                try await ready.machine.kill()
            }
        }

        @Test("an image that is asked for again finds a machine with its layers and its program rehearsed")
        func affinity() async throws {
            try await withPool { pool in
                for _ in 0..<2 { try await pool.take().machine.kill() }
                try await pool.until("a machine waits with the image") { $0.idleWithImage == 1 }
                let ready = try await pool.take()
                #expect(ready.origin == .affine && ready.hasImage)
                #expect(try await pool.output(of: ready, ["sh", "-c", "echo $((6 * 7))"]) == "42\n")
                try await ready.machine.kill()
            }
        }

        @Test("an idle machine whose process is killed is replaced, and nobody gets it")
        func killed() async throws {
            try await withPool { pool in
                try await pool.fill()
                let victim = try #require(pool.machines.first)
                #expect(kill(victim, SIGKILL) == 0)
                let ready = [try await pool.take(), try await pool.take()]
                #expect(!ready.contains { $0.machine.processID == victim })
                for ready in ready {
                    #expect(try await pool.output(of: ready, ["echo", "alive"]) == "alive\n")
                    try await ready.machine.kill()
                }
                try await pool.until("two machines wait again") { $0.idle == 2 && $0.counters.failures == 1 }
            }
        }

        @Test("memory pressure ends the machines that wait, and what was handed out stays")
        func pressure() async throws {
            try await withPool { pool in
                try await pool.fill()
                let ready = try await pool.take()
                pool.memory.update { $0 = 0 }
                try await pool.until("nothing waits", patience: .seconds(30)) { $0.idle + $0.idleWithImage == 0 }
                #expect(pool.machines.isEmpty)
                #expect(try await pool.output(of: ready, ["echo", "alive"]) == "alive\n")
                try await ready.machine.kill()
            }
        }

        @Test("a daemon that starts ends the machines that one that was killed has left")
        func sweep() async throws {
            try await withNode { node in
                let folder = node.runRoot.appending("pool/pool-left")
                try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
                let (hypervisor, guest) = try await RealPool.hypervisor(node)
                let configuration = VMConfiguration(id: "pool-left", memory: 256 << 20, processors: 1, guest: guest)
                let left = try await hypervisor.start(configuration, in: VMDirectory(folder))
                #expect(kill(left.processID, 0) == 0)
                try await RealPool.run(node) { pool in
                    // A pool that is running has swept its folder.
                    #expect(kill(left.processID, 0) != 0)
                    #expect(!FileManager.default.fileExists(atPath: folder.string))
                    _ = pool
                }
            }
        }

        @Test("whenever processes of the pool are killed, requests get machines that work, and nothing is left")
        func chaos() async throws {
            try await withPool { pool in
                try await pool.fill()
                let killed = Observed<Set<pid_t>>([])
                try await withThrowingTaskGroup(of: Void.self) { group in
                    // Templates that are built, machines that are restored, warmed and handed out: whatever is there.
                    group.addTask {
                        for _ in 0..<25 {
                            for process in pool.machines where kill(process, SIGKILL) == 0 {
                                killed.update { _ = $0.insert(process) }
                            }
                            try await Task.sleep(for: .milliseconds(200))
                        }
                    }
                    var served = 0
                    for _ in 0..<30 where served < 5 {
                        let ready = try await pool.take()
                        let text = try? await pool.output(of: ready, ["echo", "alive"])
                        // One that was killed after it was handed out is nobody's fault.
                        if !killed.value.contains(ready.machine.processID) {
                            #expect(text == "alive\n")
                            served += 1
                        }
                        try await ready.machine.kill()
                    }
                    #expect(served == 5)
                    try await group.waitForAll()
                }
                #expect(!killed.value.isEmpty)
                try await pool.until("two machines wait again", patience: .seconds(90)) { $0.idle == 2 }
            }
        }

        @Test("when no clone can be started, machines boot in the same folder")
        func barren() async throws {
            try await withNode { node in
                try await RealPool.run(node, through: BarrenHypervisor.init) { pool in
                    try await pool.take().machine.kill()
                    // The first clone proves a template; one that makes none is not kept.
                    try await pool.until("a template has failed") { $0.counters.failures > 0 && $0.templates.isEmpty }
                    let ready = try await pool.take()
                    #expect(ready.origin == .boot)
                    #expect(try await pool.output(of: ready, ["echo", "cold"]) == "cold\n")
                    try await ready.machine.kill()
                }
            }
        }

        private func withPool(_ body: @escaping @Sendable (RealPool) async throws -> Void) async throws {
            try await withNode { node in try await RealPool.run(node, body) }
        }
    }
}

/// A pool of a test's node.
struct RealPool: Sendable {
    let pool: MachinePool
    let node: Node
    let image: PoolImage
    let memory = Observed<UInt64>(64 << 30)
    let identities: KnownIdentities

    private static let shape = MachineShape(memory: 256 << 20, processors: 1)

    static func hypervisor(_ node: Node) async throws -> (QEMU, GuestImage) {
        let guest = try await GuestImage.prepare(
            guest: program(),
            kernel: try GuestKernel.bundle(in: node.root),
            cache: node.root.appending("guest")
        )
        return (try await node.emulator(), guest)
    }

    private static func program() throws -> FilePath {
        FilePath(try #require(ProcessInfo.processInfo.environment["APUS_GUEST"]))
    }

    /// Runs a body beside a pool, then ends the pool and looks for what it has left.
    ///
    /// - Parameter wrap: puts something between the pool and the hypervisor.
    static func run(
        _ node: Node,
        through wrap: (any Hypervisor) -> any Hypervisor = { $0 },
        _ body: @escaping @Sendable (RealPool) async throws -> Void
    ) async throws {
        let pool = try await RealPool(node, wrap)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.pool.run() }
            try await pool.pool.changes.wait { $0 > 0 }
            let result = await Result { try await body(pool) }
            group.cancelAll()
            try await group.waitForAll()
            try result.get()
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: pool.folder.string).allSatisfy {
                ["lock", "warm.erofs"].contains($0)
            }
        )
    }

    private init(_ node: Node, _ wrap: (any Hypervisor) -> any Hypervisor) async throws {
        self.node = node
        let (hypervisor, guest) = try await Self.hypervisor(node)
        let stored = try ImageStore(root: node.root.appending("images")).image("busybox")
        image = PoolImage(
            digest: "\(stored.id)",
            program: "sh",
            environment: ["PATH=/bin"],
            layers: stored.layers.indices.map { LayerSource(serial: LayerDisk.serial, partition: UInt8($0 + 1)) }
        ) {
            stored.layers.map { LayerFile($0.disk, size: $0.size) }
        }
        let folder = node.runRoot.appending("pool")
        var configuration = PoolConfiguration(for: .tcg)
        configuration.memoryCheckSeconds = 1
        identities = KnownIdentities()
        let (memory, settings) = (memory, configuration)
        pool = try MachinePool(
            maker: MachineFactory(
                hypervisor: wrap(hypervisor),
                guest: guest,
                program: Self.program(),
                folder: folder,
                warmCycles: settings.warmCycles,
                identities: identities
            ),
            folder: PoolFolder(folder),
            configuration: settings,
            availableMemory: { memory.value },
            logger: Logger(label: "pool") { StreamLogHandler.standardError(label: $0) }
        )
    }

    var folder: FilePath { node.runRoot.appending("pool") }

    /// The processes of the machines that wait, or are made.
    var machines: [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
        return names.compactMap { name in
            let record = FileManager.default.contents(atPath: VMDirectory(folder.appending(name)).record.string)
            return try? JSONDecoder().decode(Record.self, from: record ?? Data()).process.pid
        }
    }

    private struct Record: Decodable {
        struct Process: Decodable { let pid: pid_t }
        let process: Process
    }

    func take(_ limits: CgroupLimits? = nil) async throws -> ReadyMachine {
        let id = "pod-\(UUID().uuidString.prefix(8))"
        let directory = node.runRoot.appending(id)
        try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: false)
        let request = MachineRequest(id: id, shape: Self.shape, project: "default", image: image, limits: limits)
        return try await pool.take(request, in: VMDirectory(directory))
    }

    /// Asks for a machine, so that others are made, and waits for those.
    func fill() async throws {
        try await take().machine.kill()
        try await until("two machines wait") { $0.idle == 2 }
    }

    func until(
        _ what: String,
        patience: Duration = .seconds(60),
        _ isSo: @escaping @Sendable (PoolMetrics) -> Bool
    ) async throws {
        try await within(patience, what) { [pool] in
            while true {
                let seen = pool.changes.value
                if isSo(await pool.metrics) { return }
                try await pool.changes.wait { $0 != seen }
            }
        }
    }

    /// What a command in a container of the image writes.
    func output(of ready: ReadyMachine, _ command: [String], fresh: Bool? = nil) async throws -> String {
        if !ready.hasImage { try await ready.machine.fill(image.files(), from: 1) }
        let name = ready.machine.directory.path.lastComponent?.string ?? ""
        return try await AgentClient.withConnection(
            to: ready.machine.agentSocket,
            fresh: fresh ?? ready.isFresh,
            renewal: ready.renewal,
            patience: .seconds(60)
        ) { agent in
            let pod = PodConfiguration(
                hostname: name,
                realtime: WallClock.now,
                entropy: FreshRandomness.bytes(64),
                machineID: FreshRandomness.bytes(16),
                challenge: FreshRandomness.bytes(32)
            )
            try await agent.configure(pod, of: name, known: identities)
            var container = ContainerSpec(
                id: "main",
                layers: image.layers,
                writable: .memory(limit: 0),
                process: ProcessSpec(id: 1, arguments: command, environment: image.environment)
            )
            try Confinement().apply(to: &container)
            let process = try await agent.create(container)
            var bytes: [UInt8] = []
            for await chunk in process.output {
                bytes += chunk.bytes
                process.acknowledge(chunk)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The memory limits of a process's group.
    func limits(of process: pid_t) -> [String] {
        let groups = (try? String(contentsOfFile: "/proc/\(process)/cgroup", encoding: .utf8)) ?? ""
        return groups.split(separator: "\n").flatMap { line -> [String] in
            let path = String(line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)[2])
            return ["/sys/fs/cgroup\(path)/memory.max", "/sys/fs/cgroup/memory\(path)/memory.limit_in_bytes"]
                .compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
        }
    }
}

/// A hypervisor whose clones start and die.
private struct BarrenHypervisor: Hypervisor {
    let real: any Hypervisor

    init(_ real: any Hypervisor) { self.real = real }

    var capabilities: HypervisorCapabilities { real.capabilities }

    func start(_ configuration: VMConfiguration, in directory: VMDirectory) async throws -> any VirtualMachine {
        try await real.start(configuration, in: directory)
    }

    func reconnect(_ directory: VMDirectory) async throws -> any VirtualMachine {
        try await real.reconnect(directory)
    }

    func makeTemplate(
        _ shape: MachineShape,
        guest: GuestImage,
        in directory: VMDirectory,
        prepare: @escaping @Sendable (any VirtualMachine) async throws -> Void
    ) async throws -> MachineTemplate {
        try await real.makeTemplate(shape, guest: guest, in: directory, prepare: prepare)
    }

    func restore(
        _ template: MachineTemplate,
        _ configuration: VMConfiguration,
        in directory: VMDirectory
    ) async throws -> any VirtualMachine {
        let machine = try await real.restore(template, configuration, in: directory)
        try await machine.kill()
        throw HypervisorError(.gone, "it was born dead")
    }

    func templateKey(_ shape: MachineShape, guest: GuestImage) throws -> String {
        try real.templateKey(shape, guest: guest)
    }
}
