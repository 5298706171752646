import Synchronization

import enum Pods.Timestamp

/// Hands events to all who listen, and remembers the last ones.
///
/// Publishing waits for nobody: a listener who falls too far behind is cut off, rather than missing some unawares.
package final class EventHub: Sendable {
    /// How many events are remembered; Docker's daemon keeps 256.
    private let capacity: Int
    private let state = Mutex(State())

    private struct State {
        var history: [EngineEvent] = []
        var listeners: [Int: AsyncStream<EngineEvent>.Continuation] = [:]
        var next = 0
    }

    /// A hub without a past.
    package init(capacity: Int = 1000) { self.capacity = capacity }

    /// Tells of something that has happened.
    package func publish(_ event: EngineEvent) {
        state.withLock { state in
            state.history.append(event)
            if state.history.count > capacity { state.history.removeFirst(state.history.count - capacity) }
            for (number, listener) in state.listeners {
                guard case .dropped = listener.yield(event) else { continue }
                listener.finish()
                state.listeners[number] = nil
            }
        }
    }

    /// Tells of something that happens to an image now.
    package func publishImage(_ action: String, id: String, name: String) {
        publish(EngineEvent("image", action, id: id, attributes: ["name": name], time: Timestamp.now))
    }

    /// What somebody hears who has begun to listen.
    struct Subscription: Sendable {
        /// What was remembered then.
        let past: [EngineEvent]
        /// All that follows, none twice and none left out; it ends when the listener is cut off.
        let events: AsyncStream<EngineEvent>
        fileprivate let number: Int
    }

    /// Begins to listen; `end(_:)` must follow.
    func listen() -> Subscription {
        let (events, continuation) = AsyncStream.makeStream(
            of: EngineEvent.self,
            bufferingPolicy: .bufferingOldest(capacity)
        )
        return state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            return Subscription(past: state.history, events: events, number: state.next)
        }
    }

    /// Stops listening.
    func end(_ subscription: Subscription) {
        state.withLock { $0.listeners.removeValue(forKey: subscription.number) }?.finish()
    }
}
