import Foundation
import Hypervisor
import Logging
import Sandboxes
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Pool

/// A pool of fake machines with a clock and memory that the test sets.
struct PoolFixture: Sendable {
    let pool: MachinePool
    let maker: FakeMaker
    let folder: PoolFolder
    let time: Observed<ContinuousClock.Instant>
    let memory: Observed<UInt64>
    let log: Observed<[String]>

    static let shape = MachineShape(memory: 256 << 20, processors: 1)
    private static let numbers = Atomic<Int>(0)

    /// A request like any other, with a name of its own.
    static func request(_ image: PoolImage? = nil, project: String = "red") -> MachineRequest {
        let number = numbers.add(1, ordering: .relaxed).newValue
        return MachineRequest(id: "pod\(number)", shape: shape, project: project, image: image)
    }

    static let image = PoolImage(digest: "sha256:1", program: "sh", environment: [], layers: []) {
        [LayerFile("/image", size: 4096)]
    }

    func take(_ request: MachineRequest = request()) async throws -> ReadyMachine {
        try await pool.take(request, in: folder.machine("../" + request.id))
    }

    func pass(_ duration: Duration) { time.update { $0 += duration } }

    /// Waits until the pool's metrics are as wanted.
    func until(_ isSo: (PoolMetrics) -> Bool) async throws {
        while true {
            let seen = pool.changes.value
            if isSo(await pool.metrics) { return }
            try await pool.changes.wait { $0 != seen }
        }
    }

    /// Asks for one machine, so that the pool fills, and waits until it has.
    func fill(_ count: Int = 2) async throws {
        _ = try await take()
        try await until { $0.idle == count }
    }

    /// What is in the pool's folder.
    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path.string).sorted()) ?? [] }
}

/// Runs a body beside a pool; afterwards nothing of the pool may be left but what was handed out.
func withPool(
    _ change: (inout PoolConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (PoolFixture) async throws -> Void
) async throws {
    var configuration = PoolConfiguration(for: .tcg)
    configuration.refillDelayMilliseconds = 0
    change(&configuration)
    let settings = configuration
    try await withTemporaryFolder { folder in
        let fixture = try PoolFixture(settings, PoolFolder(folder.appending("pool")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await fixture.pool.run() }
            // Before the pool has taken its folder, it would boot what is asked for.
            try await fixture.pool.changes.wait { $0 > 0 }
            try await body(fixture)
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(fixture.files == ["lock"])
        #expect(fixture.maker.state.value.templates.isEmpty)
        let handedOver = fixture.maker.state.value.handedOver
        #expect(fixture.maker.running.allSatisfy { $0.name.hasPrefix("pod") || handedOver.contains($0.name) })
    }
}

extension PoolFixture {
    init(_ configuration: PoolConfiguration, _ folder: PoolFolder) throws {
        let (time, memory, log) = (Observed(ContinuousClock.now), Observed<UInt64>(8 << 30), Observed<[String]>([]))
        maker = FakeMaker()
        self.folder = folder
        (self.time, self.memory, self.log) = (time, memory, log)
        let clock = PoolClock {
            time.value
        } sleep: { end in
            try await time.wait { $0 >= end }
        }
        pool = try MachinePool(
            maker: maker,
            folder: folder,
            configuration: configuration,
            clock: clock,
            availableMemory: { memory.value },
            logger: Logger(label: "pool") { _ in CapturingLog(lines: log) }
        )
    }
}

/// Keeps the warnings.
private struct CapturingLog: LogHandler {
    let lines: Observed<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.update { $0.append("\(event.message)") } }
}
