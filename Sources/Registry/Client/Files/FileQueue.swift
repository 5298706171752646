import Dispatch
import Synchronization

/// Runs blocking file work on threads of its own, so that the cooperative pool never waits for a disk.
enum FileQueue {
    private static let queue = DispatchQueue(label: "apus.registry.files", attributes: .concurrent)

    /// Runs a piece of work and waits for its end; long work asks the given flag whether to stop.
    ///
    /// It also runs in a cancelled task, so that what has arrived can still be kept.
    static func run<Success: Sendable>(
        _ work: @escaping @Sendable (StopFlag) throws -> Success
    ) async throws -> Success {
        let flag = StopFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try work(flag) }) }
            }
        } onCancel: {
            flag.stop()
        }
    }
}

/// Tells blocking work that nobody waits for it any more.
final class StopFlag: Sendable {
    private let stopped = Atomic(false)

    func stop() {
        stopped.store(true, ordering: .relaxed)
    }

    func check() throws {
        if stopped.load(ordering: .relaxed) { throw CancellationError() }
    }
}
