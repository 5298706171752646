import Glibc
import Linux
import Synchronization
import SystemPackage

/// The thread behind `StandardInput`, and what it shares with the consumer.
///
/// `poll(2)` rather than epoll, which refuses regular files, and never a descriptor made non-blocking: that would
/// change it for the shell and all others who share it.
final class InputReader: Sendable {
    private typealias Continuation = CheckedContinuation<[UInt8]?, any Error>

    private struct State {
        var waiter: (call: UInt64, continuation: Continuation)?
        var calls: UInt64 = 0
        /// The call whose cancellation came before its registration.
        var cancelled: UInt64?
        /// Read for a consumer that was cancelled meanwhile; the next one gets it.
        var unclaimed: [UInt8] = []
        var end: Result<[UInt8]?, any Error>?
        var isClosed = false
    }

    private enum Step {
        case stop, idle, read
    }

    private let descriptor: Int32
    private let chunk: Int
    private let alarm: Alarm
    private let state = Mutex(State())

    init(descriptor: Int32, chunk: Int) throws(LinuxError) {
        self.descriptor = descriptor
        self.chunk = chunk
        alarm = try Alarm()
    }

    // MARK: Consumer

    func next() async throws -> [UInt8]? {
        let call = state.withLock { state in
            state.calls += 1
            return state.calls
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { register(call, $0) }
        } onCancel: {
            cancel(call)
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        alarm.wake()
    }

    private func register(_ call: UInt64, _ continuation: Continuation) {
        let answer: Result<[UInt8]?, any Error>? = state.withLock { state in
            precondition(state.waiter == nil, "standard input has one consumer at a time")
            if state.cancelled == call { return .failure(CancellationError()) }
            if !state.unclaimed.isEmpty {
                defer { state.unclaimed = [] }
                return .success(state.unclaimed)
            }
            if let end = state.end { return end }
            state.waiter = (call, continuation)
            return nil
        }
        guard let answer else { return alarm.wake() }
        continuation.resume(with: answer)
    }

    private func cancel(_ call: UInt64) {
        let continuation: Continuation? = state.withLock { state in
            guard let waiter = state.waiter, waiter.call == call else {
                state.cancelled = call
                return nil
            }
            state.waiter = nil
            return waiter.continuation
        }
        continuation?.resume(throwing: CancellationError())
    }

    // MARK: Thread

    func run() {
        while true {
            switch step() {
            case .stop: return
            case .idle: _ = alarm.wait()
            // Who waited may have been cancelled in the meantime; then the bytes stay where they are.
            case .read: if alarm.wait(for: descriptor), step() == .read { readOnce() }
            }
        }
    }

    private func step() -> Step {
        state.withLock { $0.isClosed ? .stop : $0.waiter == nil ? .idle : .read }
    }

    private func readOnce() {
        var buffer = [UInt8](repeating: 0, count: chunk)
        let count = read(descriptor, &buffer, chunk)
        let error = Errno(rawValue: errno)
        if count > 0 {
            deliver(Array(buffer.prefix(count)))
        } else if count == 0 || error == .ioError {
            // A terminal that was hung up answers EIO.
            finish(.success(nil))
        } else if error != .interrupted, error != .resourceTemporarilyUnavailable {
            finish(.failure(LinuxError(stage: "read descriptor \(descriptor)", errno: error)))
        }
    }

    private func deliver(_ bytes: [UInt8]) {
        takeWaiter { $0.unclaimed += bytes }?.resume(returning: bytes)
    }

    private func finish(_ end: Result<[UInt8]?, any Error>) {
        state.withLock { $0.end = end }
        takeWaiter { _ in }?.resume(with: end)
    }

    private func takeWaiter(otherwise: (inout State) -> Void) -> Continuation? {
        state.withLock { state in
            guard let waiter = state.waiter else {
                otherwise(&state)
                return nil
            }
            state.waiter = nil
            return waiter.continuation
        }
    }
}
