import AgentProtocol
import Testing

@Suite("Messages")
struct MessageTests {
    @Test("a request survives its encoding", arguments: Samples.requests)
    func requestRoundTrip(request: Request) throws {
        let message = request.encode(id: 0xDEAD_BEEF)
        #expect(try Request.id(of: message) == 0xDEAD_BEEF)
        #expect(try Request(message: message) == request)
    }

    @Test("a response survives its encoding", arguments: Samples.responses)
    func responseRoundTrip(response: Response) throws {
        let message = response.encode(id: 3)
        #expect(try Request.id(of: message) == 3)
        #expect(try Response(message: message) == response)
    }

    @Test("an event survives its encoding", arguments: Samples.events)
    func eventRoundTrip(event: Event) throws {
        #expect(try Event(message: event.encode()) == event)
    }

    @Test("stream frames survive their encoding")
    func streamRoundTrip() throws {
        #expect(try StreamData(body: Samples.data.frame.body) == Samples.data)
        #expect(try StreamCredit(body: Samples.credit.frame.body) == Samples.credit)
    }

    @Test("a message that ends anywhere too early is refused", arguments: Samples.requests)
    func truncatedRequest(request: Request) {
        let message = request.encode(id: 1)
        for count in 0..<message.count {
            #expect(throws: WireError.self) { try Request(message: [UInt8](message.prefix(count))) }
        }
    }

    @Test("responses and events that end too early are refused")
    func truncatedAnswers() {
        for message in Samples.responses.map({ $0.encode(id: 1) }) {
            for count in 0..<message.count {
                #expect(throws: WireError.self) { try Response(message: [UInt8](message.prefix(count))) }
            }
        }
        for message in Samples.events.map({ $0.encode() }) {
            for count in 0..<message.count {
                #expect(throws: WireError.self) { try Event(message: [UInt8](message.prefix(count))) }
            }
        }
    }

    @Test("bytes behind a message are refused")
    func trailingBytes() {
        for request in Samples.requests {
            #expect(throws: WireError.invalid) { try Request(message: request.encode(id: 1) + [0]) }
        }
        for response in Samples.responses {
            #expect(throws: WireError.invalid) { try Response(message: response.encode(id: 1) + [0]) }
        }
        for event in Samples.events {
            #expect(throws: WireError.invalid) { try Event(message: event.encode() + [0]) }
        }
        #expect(throws: WireError.invalid) { try StreamCredit(body: Samples.credit.frame.body + [0]) }
    }

    @Test("unknown cases are refused")
    func unknownCases() {
        for operation in [UInt8(0), 17, 255] {
            #expect(throws: WireError.invalid) { try Request(message: [1, 0, 0, 0, operation]) }
        }
        for answer in [UInt8(4), 254] {
            #expect(throws: WireError.invalid) { try Response(message: [1, 0, 0, 0, answer]) }
        }
        for event in [UInt8(0), 5] {
            #expect(throws: WireError.invalid) { try Event(message: [event]) }
        }
        for code in [UInt8(0), 10] {
            #expect(throws: WireError.invalid) {
                try Response(message: [1, 0, 0, 0, 255, code, 0, 0, 0, 0, 0, 0, 0, 0])
            }
        }
        #expect(throws: WireError.invalid) {
            try StreamCredit(body: [7, 0, 0, 0, 3] + [UInt8](repeating: 0, count: 16))
        }
    }

    @Test("a truth value is 0 or 1")
    func truthValues() {
        var signal = Request.signal(process: 1, signal: 2, everyone: true).encode(id: 1)
        signal[signal.count - 1] = 2
        #expect(throws: WireError.invalid) { try Request(message: signal) }
    }

    @Test(
        "the status is what a shell would say",
        arguments: [(0, 0, 0), (3, 0, 3), (0, 9, 137)] as [(UInt8, UInt8, Int32)]
    )
    func shellCode(code: UInt8, signal: UInt8, expected: Int32) {
        #expect(ExitStatus(code: code, signal: signal).shellCode == expected)
    }
}
