import Testing

@testable import Hypervisor

@Suite("QMP session")
struct QMPSessionTests {
    private static let greeting = #"{"QMP": {"version": {}, "capabilities": ["oob"]}}"# + "\r\n"

    private static func describe(_ actions: [QMPSession.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .greeted: "greeted"
            case .answered(let id, .success): "answer \(id)"
            case .answered(let id, .failure(let error)): "error \(id): \(error.message)"
            case .event(let event): "event \(event.name) \(event.details?.reason ?? event.details?.device ?? "-")"
            case .fail(let error): "fail: \(error.message)"
            }
        }
    }

    @Test("answers, errors and events come out in order, however the bytes are cut", arguments: [1, 2, 7, 10_000])
    func fragments(size: Int) {
        let input = Array(
            (Self.greeting + """
                {"return": {}, "id": 1}
                {"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}, "timestamp": {"seconds": 1}}
                {"error": {"class": "GenericError", "desc": "no such node"}, "id": 2}

                {"event": "DEVICE_DELETED", "data": {"device": 7}}

                """).utf8
        )
        var session = QMPSession()
        var actions: [QMPSession.Action] = []
        for start in stride(from: 0, to: input.count, by: size) {
            actions += session.receive(input[start..<min(start + size, input.count)])
        }
        #expect(
            Self.describe(actions) == [
                "greeted", "answer 1", "event SHUTDOWN guest-reset", "error 2: no such node", "event DEVICE_DELETED -",
            ]
        )
    }

    @Test(
        "a peer that breaks the protocol is cut off, and nothing it sends later counts",
        arguments: [
            ("{\"return\": {}, \"id\": 1}\n", "did not greet first"),
            (greeting + greeting, "greeted twice"),
            (greeting + "rubbish\n", "sent something that is no message"),
            (greeting + "{\"return\": {}}\n", "answered no command"),
            (greeting + "{\"return\": {}, \"id\": -1}\n", "sent something that is no message"),
            (greeting + "{\"error\": {\"desc\": \"bad json\"}}\n", "refused a command: bad json"),
        ]
    )
    func violations(input: String, message: String) {
        var session = QMPSession()
        let last = Self.describe(session.receive(input.utf8)).last
        #expect(last == "fail: the virtual machine's monitor \(message)")
        #expect(session.receive(Self.greeting.utf8).isEmpty)
    }

    @Test("a message of a hundred thousand brackets neither crashes nor counts")
    func depth() {
        var session = QMPSession()
        let input = Self.greeting + String(repeating: "[", count: 100_000) + "\n"
        #expect(Self.describe(session.receive(input.utf8)).last?.hasSuffix("sent something that is no message") == true)
    }

    @Test("a line without an end is refused at the limit")
    func oversize() {
        var session = QMPSession()
        #expect(session.receive(repeatElement(UInt8(ascii: " "), count: QMPSession.lineLimit)).isEmpty)
        #expect(
            Self.describe(session.receive([0x20])) == [
                "fail: the virtual machine's monitor sent a line of more than 1048576 bytes"
            ]
        )
    }
}
