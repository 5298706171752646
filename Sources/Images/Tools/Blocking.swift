import Linux
import Synchronization

/// Runs blocking file work on threads of its own, so that the cooperative pool never waits for a disk or a pipe.
///
/// Each piece of work has its own thread: pieces that wait for each other, at two ends of a pipe, cannot use up a
/// pool, and a write to a pipe that nobody reads fails instead of ending the process (`DedicatedThread`).
enum Blocking {
    /// Runs a piece of work and waits for its end; long work asks the flag it is given whether to stop.
    ///
    /// It also runs in a cancelled task, so that cleaning up is possible there.
    static func run<Success: Sendable>(
        _ work: @escaping @Sendable (CancellationFlag) throws -> Success
    ) async throws -> Success {
        let flag = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    try DedicatedThread.start { continuation.resume(with: Result { try work(flag) }) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            flag.cancel()
        }
    }
}

/// Tells blocking work that nobody waits for it any more.
final class CancellationFlag: Sendable {
    private let cancelled = Atomic(false)

    func cancel() {
        cancelled.store(true, ordering: .relaxed)
    }

    func check() throws(CancellationError) {
        if cancelled.load(ordering: .relaxed) { throw CancellationError() }
    }
}
