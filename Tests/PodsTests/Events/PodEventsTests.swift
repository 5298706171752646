import Testing

@testable import Pods

@Suite("Events", .timeLimit(.minutes(1)))
struct PodEventsTests {
    private func event(_ time: Int64) -> PodEvent { PodEvent(.start, .sample(), time: time) }

    private func take(_ count: Int, from events: PodEvents.Events) async throws -> [Int64] {
        var times: [Int64] = []
        var events = events.makeAsyncIterator()
        while times.count < count { times.append(try #require(try await events.next()).time) }
        return times
    }

    @Test("a listener hears what happens from then on, or from a time on")
    func since() async throws {
        let hub = PodEvents()
        for time in 1...3 { hub.tell(event(Int64(time))) }
        let (fromNow, fromTwo, all) = (hub.events(), hub.events(since: 2), hub.events(since: 0))
        hub.tell(event(4))
        #expect(try await take(1, from: fromNow) == [4])
        #expect(try await take(3, from: fromTwo) == [2, 3, 4])
        #expect(try await take(4, from: all) == [1, 2, 3, 4])
    }

    @Test("each of several listeners hears everything, in order")
    func several() async throws {
        let hub = PodEvents()
        try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<5 {
                let events = hub.events()
                group.addTask { try await take(500, from: events) }
            }
            for time in 0..<500 { hub.tell(event(Int64(time))) }
            for try await times in group { #expect(times == (0..<500).map(Int64.init)) }
        }
    }

    @Test("what is kept is bounded, and who is slow misses the oldest")
    func bound() async throws {
        let hub = PodEvents()
        let slow = hub.events()
        for time in 0..<10_000 { hub.tell(event(Int64(time))) }
        let times = try await take(1000, from: slow)
        #expect(times.first.map { $0 >= 10_000 - 2 * 1000 } == true)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 == $0 + 1 })
        #expect(try await take(1, from: hub.events(since: 0)) == [9000])
    }

    @Test("an event has the pod's labels and what belongs to it, which goes first")
    func attributes() {
        let pod = PodRecord.sample { $0.labels = ["tier": "web", "exitCode": "mine"] }
        let event = PodEvent(.die, pod, ["exitCode": "3"])
        #expect(event.attributes == ["tier": "web", "exitCode": "3"])
        #expect(event.podID == pod.id && event.name == "web" && event.image == "busybox")
        #expect(PodEvent.Action.execDie.rawValue == "exec_die")
    }

    @Test("a listener that is cancelled stops waiting")
    func cancel() async throws {
        let events = PodEvents().events()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                var events = events.makeAsyncIterator()
                return (try? await events.next()) == nil
            }
            group.cancelAll()
            #expect(await group.next() == true)
        }
    }
}
