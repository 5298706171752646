import Synchronization

/// A value behind a lock that tasks can wait on: the condition variable of structured concurrency.
package final class Observed<Value: Sendable>: Sendable {
    private struct Waiter: Sendable {
        let isSatisfied: @Sendable (Value) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Contents: Sendable {
        var value: Value
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0

        mutating func takeSatisfied() -> [CheckedContinuation<Void, Never>] {
            guard !waiters.isEmpty else { return [] }
            let satisfied = waiters.filter { $0.value.isSatisfied(value) }
            for key in satisfied.keys { waiters[key] = nil }
            return satisfied.values.map(\.continuation)
        }
    }

    private let contents: Mutex<Contents>

    /// Starts with a value.
    package init(_ value: Value) {
        contents = Mutex(Contents(value: value))
    }

    /// The value now.
    package var value: Value { contents.withLock { $0.value } }

    /// Changes the value, and wakes whom the change satisfies.
    @discardableResult
    package func update<Result: Sendable, Failure: Error>(
        _ change: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let (result, satisfied) = try contents.withLock { contents throws(Failure) in
            let result = try change(&contents.value)
            return (result, contents.takeSatisfied())
        }
        for continuation in satisfied { continuation.resume() }
        return result
    }

    /// Waits until the value satisfies a condition; ends early, with an error, only by cancellation.
    ///
    /// - Returns: a value that satisfied the condition; by now it may have changed again.
    @discardableResult
    package func wait(until isSatisfied: @escaping @Sendable (Value) -> Bool) async throws -> Value {
        while true {
            try Task.checkCancellation()
            let now = value
            guard !isSatisfied(now) else { return now }
            await waitOnce(isSatisfied)
        }
    }

    private func waitOnce(_ isSatisfied: @escaping @Sendable (Value) -> Bool) async {
        let id = contents.withLock { contents in
            contents.nextWaiter += 1
            return contents.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = contents.withLock { contents in
                    guard !isSatisfied(contents.value), !Task.isCancelled else { return false }
                    contents.waiters[id] = Waiter(isSatisfied: isSatisfied, continuation: continuation)
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            contents.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }
}
