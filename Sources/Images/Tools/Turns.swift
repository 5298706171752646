import Synchronization

/// Lets one task at a time work on a thing, in the order of asking.
///
/// The turn is kept across suspensions, which an actor does not do.
final class Turns<Key: Hashable & Sendable>: Sendable {
    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var numbers = 0
        /// Keys in use, each with those who wait for it.
        var queues: [Key: [Waiter]] = [:]
        /// Those who were cancelled before they could wait.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// Runs a body when nobody else works on the key.
    func withTurn<Result>(_ key: Key, _ body: () async throws -> Result) async throws -> Result {
        try await take(key)
        defer { pass(key) }
        return try await body()
    }

    private func take(_ key: Key) async throws {
        let number = state.withLock { state in
            state.numbers += 1
            return state.numbers
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { enqueue(Waiter(number: number, continuation: $0), key) }
        } onCancel: {
            cancel(number, key)
        }
    }

    private func enqueue(_ waiter: Waiter, _ key: Key) {
        let outcome: Result<Void, any Error>? = state.withLock { state in
            if state.cancelled.remove(waiter.number) != nil { return .failure(CancellationError()) }
            guard state.queues[key] != nil else {
                state.queues[key] = []
                return .success(())
            }
            state.queues[key]?.append(waiter)
            return nil
        }
        if let outcome { waiter.continuation.resume(with: outcome) }
    }

    private func cancel(_ number: Int, _ key: Key) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.queues[key]?.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil
            }
            return state.queues[key]?.remove(at: index)
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    private func pass(_ key: Key) {
        let next = state.withLock { state -> Waiter? in
            guard let queue = state.queues[key], !queue.isEmpty else {
                state.queues[key] = nil
                return nil
            }
            return state.queues[key]?.removeFirst()
        }
        next?.continuation.resume()
    }
}
