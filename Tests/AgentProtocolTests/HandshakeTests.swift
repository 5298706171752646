import AgentProtocol
import Testing

@Suite("Handshake")
struct HandshakeTests {
    private let hello = Handshake.Hello(nonce: [UInt8](repeating: 5, count: 16), tag: 9, versions: 1...3)

    @Test("a hello survives its encoding")
    func roundTrip() {
        #expect(Handshake.Hello(record: hello.bytes) == hello)
    }

    @Test("a hello without a tag, with crossed versions or cut short is none")
    func invalidHello() {
        var noTag = hello.bytes
        noTag.replaceSubrange(24..<28, with: [0, 0, 0, 0])
        #expect(Handshake.Hello(record: noTag) == nil)
        var crossed = hello.bytes
        crossed.replaceSubrange(28..<32, with: [2, 0, 1, 0])
        #expect(Handshake.Hello(record: crossed) == nil)
        #expect(Handshake.Hello(record: [UInt8](hello.bytes.dropLast())) == nil)
    }

    @Test(
        "the guest picks its version when the host speaks it, else none",
        arguments: [(3...3, 3), (0...9, 3), (4...5, 0), (0...2, 0)] as [(ClosedRange<UInt16>, UInt16)]
    )
    func version(offered: ClosedRange<UInt16>, expected: UInt16) {
        let hello = Handshake.Hello(nonce: hello.nonce, tag: 1, versions: offered)
        let welcome = Handshake.Welcome(answering: hello)
        #expect(welcome.version == expected)
        #expect(Handshake.Welcome.version(inRecord: welcome.bytes) == expected)
    }

    @Test("a record is found wherever the bytes are split and whatever precedes it")
    func everySplit() {
        let noise: [UInt8] = [0, 0xA9, 0x61, 0x70, 0, 0xA9, 0xA9, 0x61]
        let bytes = noise + hello.bytes + [7, 8]
        for cut in 0...bytes.count {
            var scanner = Handshake.helloScanner()
            var match = scanner.append([UInt8](bytes[..<cut]))
            var rest = match?.rest ?? []
            if match == nil {
                match = scanner.append([UInt8](bytes[cut...]))
                rest = match?.rest ?? []
            } else {
                rest += bytes[cut...]
            }
            #expect(match?.record == hello.bytes)
            #expect(rest == [7, 8])
        }
    }

    @Test("a record is found byte by byte behind every false start", arguments: 1..<8)
    func falseStart(length: Int) {
        var scanner = Handshake.helloScanner()
        var found: [UInt8]?
        for byte in hello.bytes.prefix(length) + hello.bytes where found == nil {
            found = scanner.append([byte])?.record
        }
        #expect(found == hello.bytes)
    }

    @Test("a welcome for another hello is passed over")
    func staleWelcome() {
        let stale = Handshake.Hello(nonce: [UInt8](repeating: 6, count: 16), tag: 9, versions: 1...1)
        var scanner = Handshake.welcomeScanner(for: hello)
        #expect(scanner.append(Handshake.Welcome(answering: stale).bytes + Samples.data.frame.body) == nil)
        let match = scanner.append(Handshake.Welcome(answering: hello).bytes + [1])
        #expect(match?.record == Handshake.Welcome(answering: hello).bytes)
        #expect(match?.rest == [1])
    }

    @Test("a hello is not taken for a welcome")
    func kinds() {
        var welcomes = Handshake.welcomeScanner(for: hello)
        #expect(welcomes.append(hello.bytes) == nil)
        var hellos = Handshake.helloScanner()
        #expect(hellos.append(Handshake.Welcome(answering: hello).bytes) == nil)
    }
}
