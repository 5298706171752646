import Synchronization

/// Who waits for what on a QMP connection; the session decides, this resumes.
final class QMPExchange: Sendable {
    private typealias Waiter = CheckedContinuation<[UInt8], any Error>

    private struct State {
        var session = QMPSession()
        var waiters: [UInt64: Waiter] = [:]
        /// Requests that were cancelled before they were registered.
        var cancelled: Set<UInt64> = []
        var subscribers: [UInt64: AsyncStream<QMPEvent>.Continuation] = [:]
        var lastEvents: [String: QMPEvent] = [:]
        var next: UInt64 = 1
        var greeted = false
        var failure: HypervisorError?

        mutating func makeID() -> UInt64 {
            defer { next += 1 }
            return next
        }
    }

    /// QEMU has fewer kinds of events; only a broken peer could invent more.
    private static let eventKindLimit = 64
    /// The greeting is waited for as if it were the answer to this request.
    private static let greeting: UInt64 = 0

    private let state = Mutex(State())

    /// Takes what the channel has read; false asks for the channel to be closed.
    func receive(_ bytes: some Sequence<UInt8>) -> Bool {
        for action in state.withLock({ $0.session.receive(bytes) }) {
            switch action {
            case .greeted: greet()
            case .answered(let id, let result): resume(id, result)
            case .event(let event): publish(event)
            case .fail(let error):
                fail(error)
                return false
            }
        }
        return true
    }

    /// Ends everything that waits; later requests get the same error.
    func fail(_ error: HypervisorError) {
        let (waiters, subscribers) = state.withLock { state in
            if state.failure == nil { state.failure = error }
            defer { (state.waiters, state.subscribers) = ([:], [:]) }
            return (state.waiters.values, state.subscribers.values)
        }
        for waiter in waiters { waiter.resume(throwing: error) }
        for subscriber in subscribers { subscriber.finish() }
    }

    func waitForGreeting() async throws {
        if state.withLock({ $0.greeted }) { return }
        _ = try await wait(Self.greeting) {}
    }

    /// Sends a request and waits for the line that answers it; a cancelled one forgets its answer.
    func request<Command: QMPCommand>(_ command: Command, send: ([UInt8]) -> Void) async throws -> [UInt8] {
        let id = state.withLock { $0.makeID() }
        let line = try QMPSession.request(command, id: id)
        return try await wait(id) { send(line) }
    }

    func subscribe() -> AsyncStream<QMPEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: QMPEvent.self, bufferingPolicy: .bufferingNewest(64))
        let id: UInt64? = state.withLock { state in
            guard state.failure == nil else { return nil }
            let id = state.makeID()
            state.subscribers[id] = continuation
            return id
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.subscribers.removeValue(forKey: id) }
        }
        return stream
    }

    func lastEvent(_ name: String) -> QMPEvent? {
        state.withLock { $0.lastEvents[name] }
    }

    private func wait(_ id: UInt64, send: () -> Void) async throws -> [UInt8] {
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                if let failure = register(id, waiter) { return waiter.resume(with: failure) }
                send()
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Returns at once what there is nothing to wait for.
    private func register(_ id: UInt64, _ waiter: Waiter) -> Result<[UInt8], any Error>? {
        state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            if state.cancelled.contains(id) { return .failure(CancellationError()) }
            if id == Self.greeting, state.greeted { return .success([]) }
            state.waiters[id] = waiter
            return nil
        }
    }

    private func cancel(_ id: UInt64) {
        let waiter = state.withLock { state in
            let waiter = state.waiters.removeValue(forKey: id)
            if waiter == nil { state.cancelled.insert(id) }
            return waiter
        }
        waiter?.resume(throwing: CancellationError())
    }

    private func greet() {
        state.withLock { $0.greeted = true }
        resume(Self.greeting, .success([]))
    }

    private func resume(_ id: UInt64, _ result: Result<[UInt8], HypervisorError>) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(with: result.mapError { $0 as any Error })
    }

    private func publish(_ event: QMPEvent) {
        let subscribers = state.withLock { state in
            if state.lastEvents.count < Self.eventKindLimit || state.lastEvents[event.name] != nil {
                state.lastEvents[event.name] = event
            }
            return state.subscribers.values
        }
        for subscriber in subscribers { subscriber.yield(event) }
    }
}
