import CLinux
import Synchronization
import SystemPackage

/// Waits for descriptors to become readable: one thread with epoll(7) serves every waiter of the process.
///
/// It exists so that waiting for a pidfd costs neither a thread each nor a blocked thread of the cooperative pool.
package final class Readiness: Sendable {
    /// The process's waiter; its thread starts with first use and sleeps while nobody waits.
    package static let shared = Readiness()

    private struct Waiter {
        /// A duplicate of the caller's descriptor, so that two waits for one descriptor are two watches of epoll.
        let descriptor: Int32
        let deadline: ContinuousClock.Instant?
        let continuation: CheckedContinuation<Bool, any Error>
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        /// Waits whose cancellation came before their registration.
        var cancelled: Set<UInt64> = []
        var next: UInt64 = 1
        var running = false
    }

    private let state = Mutex(State())
    private let epoll: OwnedFD
    private let alarm: OwnedFD

    private init() {
        epoll = OwnedFD(taking: epoll_create1(Int32(EPOLL_CLOEXEC)))
        alarm = OwnedFD(taking: eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)))
        _ = lx_epoll_add_once(epoll.rawValue, alarm.rawValue, 0)
    }

    /// Waits until a descriptor is readable (a pidfd: until its process has ended).
    ///
    /// - Parameter cancellable: false is for cleaning up within a short timeout.
    /// - Returns: false if the time is over first; a cancelled task gets `CancellationError`.
    package func waitUntilReadable(
        _ descriptor: borrowing OwnedFD,
        timeout: Duration?,
        cancellable: Bool = true
    ) async throws -> Bool {
        let duplicate = lx_dup(descriptor.rawValue)
        guard duplicate >= 0 else { throw LinuxError.current("wait for a descriptor") }
        let id = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        let deadline = timeout.map { ContinuousClock.now + $0 }
        defer { _ = state.withLock { $0.cancelled.remove(id) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                register(id, Waiter(descriptor: duplicate, deadline: deadline, continuation: continuation))
            }
        } onCancel: {
            if cancellable { cancel(id) }
        }
    }

    private func register(_ id: UInt64, _ waiter: Waiter) {
        let failure: (any Error)? = state.withLock { state in
            if state.cancelled.contains(id) { return CancellationError() }
            guard lx_epoll_add_once(epoll.rawValue, waiter.descriptor, id) == 0 else {
                return LinuxError.current("epoll")
            }
            state.waiters[id] = waiter
            return startThread(&state)
        }
        guard let failure else { return wake() }
        state.withLock { _ = $0.waiters.removeValue(forKey: id) }
        release(waiter)
        waiter.continuation.resume(throwing: failure)
    }

    private func startThread(_ state: inout State) -> LinuxError? {
        guard !state.running else { return nil }
        var thread = pthread_t()
        let result = pthread_create(&thread, nil, { _ in Readiness.shared.run() }, nil)
        guard result == 0 else { return LinuxError(stage: "start a thread", errno: Errno(rawValue: result)) }
        pthread_detach(thread)
        state.running = true
        return nil
    }

    private func cancel(_ id: UInt64) {
        let waiter = state.withLock { state in
            let waiter = state.waiters.removeValue(forKey: id)
            if waiter == nil { state.cancelled.insert(id) }
            return waiter
        }
        finish(waiter, .failure(CancellationError()))
    }

    private func wake() {
        _ = eventfd_write(alarm.rawValue, 1)
    }

    private func run() -> UnsafeMutableRawPointer? {
        var ids = [UInt64](repeating: 0, count: 64)
        while true {
            let count = lx_epoll_wait(epoll.rawValue, &ids, Int32(ids.count), millisecondsToNextDeadline())
            for id in ids.prefix(Int(max(count, 0))) { id == 0 ? rearm() : deliver(id) }
            expire()
        }
    }

    private func rearm() {
        var value: eventfd_t = 0
        _ = eventfd_read(alarm.rawValue, &value)
        lx_epoll_rearm(epoll.rawValue, alarm.rawValue, 0)
    }

    private func deliver(_ id: UInt64) {
        finish(state.withLock { $0.waiters.removeValue(forKey: id) }, .success(true))
    }

    private func expire() {
        let now = ContinuousClock.now
        let late = state.withLock { state in
            let ids = state.waiters.filter { $0.value.deadline.map { $0 <= now } ?? false }.keys
            return ids.compactMap { state.waiters.removeValue(forKey: $0) }
        }
        for waiter in late { finish(waiter, .success(false)) }
    }

    private func finish(_ waiter: Waiter?, _ result: Result<Bool, any Error>) {
        guard let waiter else { return }
        release(waiter)
        waiter.continuation.resume(with: result)
    }

    /// Closing alone would not end the watch: the caller's own descriptor keeps the open file alive (epoll(7), Q6).
    private func release(_ waiter: Waiter) {
        lx_epoll_remove(epoll.rawValue, waiter.descriptor)
        close(waiter.descriptor)
    }

    private func millisecondsToNextDeadline() -> Int32 {
        guard let next = state.withLock({ $0.waiters.values.compactMap(\.deadline).min() }) else { return -1 }
        let left = next - ContinuousClock.now
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        return Int32(clamping: max(0, milliseconds))
    }
}
