import Hummingbird
import Pods

/// The further processes of containers that clients have declared, and the tasks that look after those that run.
///
/// A process goes on when its client leaves, and its exit code is asked for later; so it is looked after here and not in
/// its client's request. What has ended is forgotten after five minutes, and so is what was never started.
package actor ExecRegistry {
    /// How long an exit code can be asked for.
    private static let memory: Duration = .seconds(300)
    /// The most that are kept; a container's machine has at most 256 processes that are looked after.
    private static let mostInstances = 2000

    private var instances: [String: ExecInstance] = [:]
    private var declared: [String: ContinuousClock.Instant] = [:]
    private let now: @Sendable () -> ContinuousClock.Instant
    private let jobs: AsyncStream<Job>
    private let queue: AsyncStream<Job>.Continuation

    typealias Job = @Sendable () async -> Void

    /// - Parameter now: the clock.
    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
        (jobs, queue) = AsyncStream.makeStream(of: Job.self, bufferingPolicy: .bufferingOldest(Self.mostInstances))
    }

    /// Looks after processes until the task is cancelled; to be called once.
    package nonisolated func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
            group.cancelAll()
        }
    }

    /// Has a job done by whoever runs the registry.
    nonisolated func enqueue(_ job: @escaping Job) throws {
        guard case .enqueued = queue.yield(job) else {
            throw EngineError(.serviceUnavailable, "too many processes are being started (try it again)")
        }
    }

    /// The same, and waits until it is done; one that is cancelled waits no longer, and the job goes on.
    nonisolated func perform(_ job: @escaping Job) async throws {
        let (done, end) = AsyncStream.makeStream(of: Never.self)
        try enqueue {
            await job()
            end.finish()
        }
        for await _ in done {}
    }

    // MARK: Instances

    /// Declares a process.
    func insert(
        _ container: String,
        _ spec: ExecSpec,
        _ streams: Set<PodSpec.Options.Stream>,
        size: TerminalDimensions? = nil
    ) throws -> String {
        sweep()
        guard instances.count < Self.mostInstances else {
            throw EngineError(.serviceUnavailable, "too many processes are declared (wait until some have ended)")
        }
        let id = (0..<64).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
        instances[id] = ExecInstance(id: id, container: container, spec: spec, streams: streams, size: size)
        declared[id] = now()
        return id
    }

    /// A process by its id, or how that begins.
    func find(_ id: String) throws -> ExecInstance {
        sweep()
        if let instance = instances[id] { return instance }
        let matches = id.utf8.count >= 12 ? instances.values.filter { $0.id.hasPrefix(id) } : []
        guard matches.count == 1, let match = matches.first else {
            throw EngineError(.notFound, "No such exec instance: \(id.prefix(64))")
        }
        return match
    }

    /// Takes the right to start a process; it starts once.
    func claim(_ id: String) throws -> ExecInstance {
        let instance = try find(id)
        guard case .created = instance.state else {
            throw EngineError(.conflict, "exec instance \(instance.id.prefix(12)) has been started already")
        }
        instances[instance.id]?.state = .starting
        return instance
    }

    /// Notes that a process runs.
    ///
    /// - Returns: the size of its terminal, if somebody told it after the process was asked for.
    func begin(_ id: String, _ session: PodSession) -> TerminalDimensions? {
        instances[id]?.state = .running(session)
        return instances[id]?.size
    }

    /// Takes the size of a process's terminal; `docker exec` tells it before the process runs.
    ///
    /// - Returns: the session of a process that runs already.
    func resize(_ id: String, _ size: TerminalDimensions) throws -> PodSession? {
        let instance = try find(id)
        switch instance.state {
        case .running(let session): return session
        case .created, .starting: instances[instance.id]?.size = size
        case .ended: throw EngineError(.conflict, "exec instance \(instance.id.prefix(12)) is not running")
        }
        return nil
    }

    /// Notes that a process has ended, or could not start.
    func end(_ id: String, code: Int32) {
        instances[id]?.state = .ended(code: code)
        instances[id]?.ended = now()
    }

    /// What runs in a container.
    func running(in container: String) -> [String] {
        instances.values.filter { $0.container == container && $0.state.isRunning }.map(\.id).sorted()
    }

    private func sweep() {
        let limit = now() - Self.memory
        for (id, instance) in instances {
            let isOver = instance.ended.map { $0 < limit } ?? false
            var isForgotten = false
            if case .created = instance.state { isForgotten = declared[id].map { $0 < limit } ?? true }
            guard isOver || isForgotten else { continue }
            instances[id] = nil
            declared[id] = nil
        }
    }
}
