import AgentProtocol
import Testing

/// The bytes of docs/agent-protocol.md: a change here is a new version of the protocol.
@Suite("Golden bytes")
struct GoldenTests {
    private func bytes(_ frame: Frame, tag: UInt32 = 0x0403_0201) -> String {
        var output: [UInt8] = []
        frame.encode(tag: tag, into: &output)
        return output.hex
    }

    @Test("a frame")
    func frame() {
        #expect(bytes(Frame(kind: .event, body: [3])) == "01000000 03 00 0000 03 01020304".packed)
        #expect(bytes(Frame(kind: .request, more: true, body: [])) == "00000000 01 01 0000 01020304".packed)
    }

    @Test("a hello")
    func hello() {
        let hello = Handshake.Hello(nonce: [UInt8](0..<16), tag: 0x0403_0201, versions: 1...3)
        #expect(hello.bytes.hex == "a961707573 0d0a 68 000102030405060708090a0b0c0d0e0f 01020304 0100 0300".packed)
        #expect(hello.bytes.count == Handshake.recordLength)
    }

    @Test("a welcome")
    func welcome() {
        let hello = Handshake.Hello(nonce: [UInt8](0..<16), tag: 1, versions: 3...3)
        let welcome = Handshake.Welcome(answering: hello)
        #expect(welcome.bytes.hex == "a961707573 0d0a 77 000102030405060708090a0b0c0d0e0f 0300 000000000000".packed)
        #expect(welcome.bytes.count == Handshake.recordLength)
    }

    @Test("a renewal")
    func renewal() {
        let entropy = [UInt8](0..<64).hex
        let bytes = Samples.renewal.bytes
        #expect(bytes.hex == "a961707573 0d0a 72 0807060504030201".packed + entropy + "a961707573 0d0a 65".packed)
        #expect(bytes.count == Handshake.Renewal.recordLength)
    }

    @Test("messages")
    func messages() {
        let signal = Request.signal(process: 7, signal: 15, everyone: false)
        #expect(signal.encode(id: 1).hex == "01000000 05 07000000 0f 00".packed)
        let failure = Response.failure(AgentFailure(.commandNotFound, stage: "exec", errno: 2))
        #expect(failure.encode(id: 2).hex == "02000000 ff 08 04000000 65786563 02000000".packed)
        let exit = ExitStatus(code: 3, signal: 0, outOfMemory: false)
        let event = Event.process(ProcessStatus(process: 7, container: "a", isInit: true, exit: exit))
        #expect(event.encode().hex == "02 07000000 01000000 61 01 01 03 00 00".packed)
        let range = FileRange(container: "a", path: "/m", offset: 258, count: 16)
        #expect(
            Request.readFile(range).encode(id: 3).hex
                == "03000000 09 01000000 61 02000000 2f6d 0201000000000000 10000000".packed
        )
    }

    @Test("the messages of templates and identities")
    func identities() {
        #expect(Request.seal.encode(id: 1).hex == "01000000 0e".packed)
        let pause = Request.pause(container: "a", true)
        #expect(pause.encode(id: 2).hex == "02000000 10 01000000 61 01".packed)
        let retain = Request.retain([LayerSource(serial: "a", partition: 2)])
        #expect(retain.encode(id: 2).hex == "02000000 0f 01000000 01000000 61 02".packed)
        let pod = PodConfiguration(
            hostname: "a",
            realtime: 1,
            entropy: [7],
            machineID: [UInt8](repeating: 0xA1, count: 16),
            challenge: [UInt8](repeating: 0xB2, count: 32)
        )
        let fixed = String(repeating: "a1", count: 16) + String(repeating: "b2", count: 32)
        #expect(
            Request.configurePod(pod).encode(id: 3).hex
                == "03000000 01 01000000 61 0100000000000000 01000000 07".packed + fixed
                + "00000000 00000000 00000000".packed
        )
        let ready = Event.ready(GuestInfo(agent: "a", kernel: "b", uptime: 1, configured: true, interfaces: ["e"]))
        #expect(
            ready.encode().hex == "01 01000000 61 01000000 62 0100000000000000 01 01000000 01000000 65".packed
        )
        var identity = Samples.identity
        identity.bootID = "b"
        identity.addresses.removeLast()
        let range = { (bytes: Range<UInt8>) in [UInt8](bytes).hex }
        #expect(
            Response.identity(identity).encode(id: 4).hex
                == "04000000 03".packed + range(80..<112) + "01000000 62".packed + range(64..<80) + range(112..<144)
                + range(144..<160) + "78563412ff7f0000 0000b49376e2fa18 05000000 706f642d31".packed
                + "01000000 020000000001 01".packed
        )
    }

    @Test("stream frames")
    func streams() {
        #expect(Samples.data.frame.body.hex == "07000000 02 01 0807060504030201 aabb".packed)
        #expect(Samples.credit.frame.body.hex == "07000000 00 0300000000000000 ffffffffffffff7f".packed)
    }
}

extension [UInt8] {
    fileprivate var hex: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

extension String {
    fileprivate var packed: String { filter { $0 != " " } }
}
