import Glibc
import Linux
import Synchronization
import SystemPackage

/// The thread behind `StandardOutput`, and the writes that wait for it.
final class OutputWriter: Sendable {
    private struct Job {
        let call: UInt64
        let bytes: [UInt8]
        /// `nil` once its caller was cancelled.
        var continuation: CheckedContinuation<Void, any Error>?
    }

    private struct State {
        /// The first one is being written.
        var jobs: [Job] = []
        var calls: UInt64 = 0
        /// Calls whose cancellation came before their registration.
        var cancelled: Set<UInt64> = []
        var failure: LinuxError?
        var isClosed = false
    }

    private let descriptor: Int32
    private let alarm: Alarm
    private let state = Mutex(State())

    init(descriptor: Int32) throws(LinuxError) {
        self.descriptor = descriptor
        alarm = try Alarm()
    }

    // MARK: Callers

    func write(_ bytes: [UInt8]) async throws {
        let call = state.withLock { state in
            state.calls += 1
            return state.calls
        }
        defer { state.withLock { _ = $0.cancelled.remove(call) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                register(Job(call: call, bytes: bytes, continuation: continuation))
            }
        } onCancel: {
            cancel(call)
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        alarm.wake()
    }

    private func register(_ job: Job) {
        let failure: (any Error)? = state.withLock { state in
            if state.cancelled.contains(job.call) { return CancellationError() }
            if let failure = state.failure { return failure }
            state.jobs.append(job)
            return nil
        }
        guard let failure else { return alarm.wake() }
        job.continuation?.resume(throwing: failure)
    }

    private func cancel(_ call: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let index = state.jobs.firstIndex(where: { $0.call == call }) else {
                state.cancelled.insert(call)
                return nil
            }
            defer {
                if index == 0 { state.jobs[0].continuation = nil } else { state.jobs.remove(at: index) }
            }
            return state.jobs[index].continuation
        }
        continuation?.resume(throwing: CancellationError())
    }

    // MARK: Thread

    func run() {
        while true {
            let (bytes, isClosed) = state.withLock { ($0.jobs.first?.bytes, $0.isClosed) }
            if let bytes {
                finish(writeAll(bytes))
            } else if isClosed {
                return
            } else {
                _ = alarm.wait()
            }
        }
    }

    /// Waits with `poll(2)` where somebody else made the descriptor non-blocking.
    private func writeAll(_ bytes: [UInt8]) -> LinuxError? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            let error = Errno(rawValue: errno)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if error == .resourceTemporarilyUnavailable {
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&entry, 1, -1)
            } else if error != .interrupted {
                return LinuxError(stage: "write to descriptor \(descriptor)", errno: error)
            }
        }
        return nil
    }

    private func finish(_ failure: LinuxError?) {
        let done = state.withLock { state in
            state.failure = failure
            let count = failure == nil ? 1 : state.jobs.count
            defer { state.jobs.removeFirst(count) }
            return state.jobs.prefix(count).compactMap(\.continuation)
        }
        for continuation in done {
            if let failure { continuation.resume(throwing: failure) } else { continuation.resume() }
        }
    }
}
