import Sandboxes

/// What happens to the pods that this process attends or changes, for any number of listeners.
///
/// It keeps the last events and nothing for each listener: one that is slower than the pods misses the oldest, and holds
/// nobody up.
package final class PodEvents: Sendable {
    /// How many events are kept.
    static let bound = 1000

    private struct History: Sendable {
        var events: [PodEvent] = []
        /// How many have happened in all.
        var count = 0
    }

    private let history = Observed(History())

    /// Begins without events.
    package init() {}

    /// Tells an event.
    func tell(_ event: PodEvent) {
        history.update { history in
            history.events.append(event)
            history.count += 1
            // In large steps: to move all of them for each event would be a thousand times the work.
            if history.events.count > 2 * Self.bound { history.events.removeFirst(Self.bound) }
        }
    }

    /// The events from now on, or from a time on as far as they are kept; without an end.
    package func events(since time: Int64? = nil) -> Events {
        let now = history.value
        let known = now.events.suffix(Self.bound)
        let old = time.map { time in known.count { $0.time >= time } } ?? 0
        return Events(hub: self, next: now.count - old)
    }

    /// A listener's events.
    package struct Events: AsyncSequence, Sendable {
        package typealias Element = PodEvent
        let hub: PodEvents
        let next: Int

        package struct AsyncIterator: AsyncIteratorProtocol {
            let hub: PodEvents
            var position: Int

            /// The next event; throws only when the task is cancelled.
            package mutating func next() async throws -> PodEvent? {
                let position = position
                let history = try await hub.history.wait { $0.count > position }
                let first = history.count - history.events.count
                let index = Swift.max(position, first)
                self.position = index + 1
                return history.events[index - first]
            }
        }

        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(hub: hub, position: next) }
    }
}
