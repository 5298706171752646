import FoundationEssentials
import NIOCore
import Testing

@testable import EngineAPI

@Suite struct EventTests {
    private static func event(_ number: Int) -> EngineEvent {
        EngineEvent("image", "pull", id: "\(number)", attributes: ["name": "x"], time: Int64(number) * 1_000_000_000)
    }

    @Test("a listener gets what is remembered and what follows, none twice")
    func listens() async {
        let hub = EventHub(capacity: 3)
        for number in 1...5 { hub.publish(Self.event(number)) }
        let subscription = hub.listen()
        hub.publish(Self.event(6))
        hub.end(subscription)
        hub.publish(Self.event(7))
        var seen = subscription.past
        for await event in subscription.events { seen.append(event) }
        #expect(seen.map(\.id) == ["3", "4", "5", "6"])
    }

    @Test("a listener that does not listen is cut off, and the others are not")
    func slow() async {
        let hub = EventHub(capacity: 2)
        let (slow, quick) = (hub.listen(), hub.listen())
        var reader = quick.events.makeAsyncIterator()
        for number in 1...4 {
            hub.publish(Self.event(number))
            let id = await reader.next()?.id
            #expect(id == "\(number)")
        }
        var seen = 0
        for await _ in slow.events { seen += 1 }
        #expect(seen == 2)
    }

    @Test("an event has Docker's form")
    func form() throws {
        let line = try JSONLine.encode(Self.event(1))
        let expected = #"""
            {"Action":"pull","Actor":{"Attributes":{"name":"x"},"ID":"1"},"Type":"image","id":"1","scope":"local","status":"pull","time":1,"timeNano":1000000000}
            """#
        #expect(String(decoding: line.readableBytesView, as: UTF8.self) == expected)
    }

    @Test("events are sent as they come, filtered, until the time that was asked for")
    func stream() async throws {
        try await ServedEngine.with { engine in
            for action in ["pull", "push"] {
                engine.services.events.publishImage(action, id: "busybox:latest", name: "busybox")
            }
            let filter = #"%7B%22event%22:%7B%22push%22:true%7D,%22image%22:%5B%22busybox%22%5D%7D"#
            let refused = try await engine.ask("GET", "/events?filters=\(filter)")
            #expect(refused.status == "400")
            let lists = #"%7B%22event%22:%5B%22push%22%5D,%22image%22:%5B%22busybox%22%5D%7D"#
            let now = Int(Date.now.timeIntervalSince1970)
            let answer = try await engine.ask("GET", "/events?since=1&until=\(now + 1)&filters=\(lists)")
            #expect(answer.status == "200")
            #expect(answer.body.contains(#""Action":"push""#) && !answer.body.contains(#""Action":"pull""#))
        }
    }

    @Test(
        "times are read in all of Docker's forms",
        arguments: [
            ("1700000000", 1_700_000_000_000_000_000), ("1700000000.5", 1_700_000_000_500_000_000),
            ("1700000000.000000001", 1_700_000_000_000_000_001), ("1970-01-01T00:00:01Z", 1_000_000_000),
            ("1h30m", -5_400_000_000_000), ("1.5s", -1_500_000_000), ("x", nil), ("", nil), ("5", 5_000_000_000),
            ("99999999999999999999", nil), ("9223372036854775807", nil), ("5y", nil),
        ] as [(String, Int64?)]
    )
    func times(text: String, time: Int64?) {
        #expect((try? EngineTime.parse(text, name: "since", now: 0)) == time)
    }

    @Test("times are written with nine digits")
    func format() {
        #expect(EngineTime.format(nanoseconds: 1_500_000_042) == "1970-01-01T00:00:01.500000042Z")
    }
}
