import Synchronization
package import SystemPackage

extension FileLock {
    /// Waits for the lock without holding up a thread of the cooperative pool, however long its holder keeps it.
    ///
    /// A thread of its own does the waiting, because `flock(2)` has no event to wait on. A lock that arrives after its
    /// waiter was cancelled is given up at once.
    package static func wait(for path: FilePath) async throws -> FileLock {
        if let lock = try tryAcquire(path) { return lock }
        let wait = LockWait()
        let descriptor = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait.begin(path, $0) }
        } onCancel: {
            wait.abandon()
        }
        return FileLock(inherited: descriptor)
    }

    /// Waits for the lock, but not for ever.
    ///
    /// - Returns: `nil` if its holder kept it all that time.
    package static func wait(for path: FilePath, atMost limit: Duration) async throws -> FileLock? {
        let descriptor = try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask { try await wait(for: path).detach() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            var taken = try await group.next() ?? nil
            group.cancelAll()
            // The lock may have come together with the end of the time.
            while let late = await group.nextResult() {
                if taken == nil, case .success(let descriptor?) = late { taken = descriptor }
            }
            return taken
        }
        guard let descriptor else { return nil }
        return FileLock(inherited: descriptor)
    }
}

/// One task's wait for a lock.
private final class LockWait: Sendable {
    private typealias Continuation = CheckedContinuation<Int32, any Error>

    private enum State {
        case idle
        case waiting(Continuation)
        case over
    }

    private let state = Mutex(State.idle)

    func begin(_ path: FilePath, _ continuation: CheckedContinuation<Int32, any Error>) {
        let isWanted = state.withLock { state in
            guard case .idle = state else { return false }
            state = .waiting(continuation)
            return true
        }
        guard isWanted else { return continuation.resume(throwing: CancellationError()) }
        do {
            try DedicatedThread.start { self.acquire(path) }
        } catch {
            finish()?.resume(throwing: error)
        }
    }

    func abandon() {
        finish()?.resume(throwing: CancellationError())
    }

    private func acquire(_ path: FilePath) {
        do throws(LinuxError) {
            let lock = try FileLock.acquire(path)
            // Whoever waits now owns the lock; if nobody does, it goes with this scope.
            if let continuation = finish() { continuation.resume(returning: lock.detach()) }
        } catch {
            finish()?.resume(throwing: error)
        }
    }

    /// Ends the wait; the first to call this gets the waiter.
    private func finish() -> CheckedContinuation<Int32, any Error>? {
        state.withLock { state in
            defer { state = .over }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
    }
}
