import Synchronization

/// Lets a few tasks at a time, mostly one, work on a thing, in the order of asking.
///
/// The turn is kept across suspensions, which an actor does not do.
final class Turns<Key: Hashable & Sendable>: Sendable {
    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Queue {
        var active = 0
        var waiting: [Waiter] = []
    }

    private struct State {
        var numbers = 0
        /// Keys in use, each with those who work and those who wait.
        var queues: [Key: Queue] = [:]
        /// Those who were cancelled before they could wait.
        var cancelled: Set<Int> = []
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many may work on one key at a time.
    init(limit: Int = 1) {
        self.limit = limit
    }

    /// Runs a body when fewer than the limit work on the key.
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
        // A turn that came together with the cancellation has its mark still to be forgotten.
        state.withLock { _ = $0.cancelled.remove(number) }
    }

    private func enqueue(_ waiter: Waiter, _ key: Key) {
        let outcome: Result<Void, any Error>? = state.withLock { state in
            if state.cancelled.remove(waiter.number) != nil { return .failure(CancellationError()) }
            guard state.queues[key, default: Queue()].active >= limit else {
                state.queues[key, default: Queue()].active += 1
                return .success(())
            }
            state.queues[key]?.waiting.append(waiter)
            return nil
        }
        if let outcome { waiter.continuation.resume(with: outcome) }
    }

    private func cancel(_ number: Int, _ key: Key) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.queues[key]?.waiting.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil
            }
            return state.queues[key]?.waiting.remove(at: index)
        }
        waiter?.continuation.resume(throwing: CancellationError())
    }

    private func pass(_ key: Key) {
        let next = state.withLock { state -> Waiter? in
            guard let queue = state.queues[key] else { return nil }
            if !queue.waiting.isEmpty { return state.queues[key]?.waiting.removeFirst() }
            state.queues[key] = queue.active > 1 ? Queue(active: queue.active - 1) : nil
            return nil
        }
        next?.continuation.resume()
    }
}
