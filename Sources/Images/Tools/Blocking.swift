import Dispatch
import Synchronization

/// Runs blocking file work on threads of its own, so that the cooperative pool never waits for a disk.
enum Blocking {
    private static let queue = DispatchQueue(label: "apus.images.files", attributes: .concurrent)

    /// Runs a piece of work and waits for its end; long work asks the flag it is given whether to stop.
    ///
    /// It also runs in a cancelled task, so that cleaning up is possible there.
    static func run<Success: Sendable>(
        _ work: @escaping @Sendable (CancellationFlag) throws -> Success
    ) async throws -> Success {
        let flag = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try work(flag) }) }
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
