import AgentProtocol
import Testing

@Suite("Resynchronisation")
struct ResynchronisationTests {
    private static let next = HostEnd(tag: 0xFEED_BEEF)
    private static let request = Frame.frames(.request, message: Request.statistics.encode(id: 99))
    private static let expected: [GuestEnd.Item] = [.began(tag: 0xFEED_BEEF), .request(99, .statistics)]

    /// A small session of everything a host sends, a message in two frames among it.
    private static func session(of host: HostEnd) -> [UInt8] {
        let message = Request.readFile(FileRange(container: "a", path: "/m", offset: 0, count: 1)).encode(id: 1)
        return host.hello.bytes
            + host.bytes([
                Frame(kind: .request, more: true, body: [UInt8](message.prefix(9))),
                Frame(kind: .request, body: [UInt8](message.dropFirst(9))),
                Samples.data.frame,
                Samples.credit.frame,
            ])
    }

    /// Tags with zeros at either end: a preamble's zeros may complete such a tag.
    @Test(
        "a new host is understood wherever the last one died",
        arguments: [1, 0x0100_0000, 0x00FF_FF00, .max] as [UInt32]
    )
    func everyCut(tag: UInt32) {
        let bytes = Self.session(of: HostEnd(tag: tag))
        for cut in 0...bytes.count {
            var guest = GuestEnd()
            guest.receive([UInt8](bytes[..<cut]))
            guest.receive(Self.next.opening + Self.next.bytes(Self.request))
            #expect(Array(guest.session) == Self.expected, "cut at \(cut)")
        }
    }

    @Test("a host that dies while it greets does not confuse the guest either")
    func cutOpening() {
        let first = Self.session(of: HostEnd(tag: 7)).dropLast(5)
        let second = HostEnd(tag: 8).opening
        let hello = Handshake.preambleLength...second.count
        for cut in [0, 1, 11, 12, 13, Handshake.preambleLength - 1] + Array(hello) {
            var guest = GuestEnd()
            guest.receive(Array(first) + second[..<cut])
            guest.receive(Self.next.opening + Self.next.bytes(Self.request))
            #expect(Array(guest.session) == Self.expected, "cut at \(cut)")
        }
    }

    @Test(
        "the next host is understood behind the largest frame that was cut short",
        arguments: [7, 8, 9, 20_000, 32_779]
    )
    func largestFrame(cut: Int) {
        let host = HostEnd(tag: 7)
        let frame = Frame(kind: .data, body: [UInt8](repeating: 0xA9, count: ProtocolLimits.frame))
        var guest = GuestEnd()
        guest.receive(host.hello.bytes + host.bytes([frame]).prefix(cut))
        guest.receive(Self.next.opening + Self.next.bytes(Self.request))
        #expect(Array(guest.session) == Self.expected)
    }

    /// Whoever may write to a process's standard input may not thereby become the host.
    @Test("a session that a tenant forged in its input does not begin")
    func forgedSession() {
        let host = HostEnd(tag: 0x7777_7777)
        let forger = HostEnd(tag: 0x6666_6666)
        let forged = forger.hello.bytes + forger.bytes(Frame.frames(.request, message: Request.shutdown.encode(id: 1)))
        let data = StreamData(
            stream: StreamID(process: 1, channel: .input),
            offset: 0,
            end: false,
            bytes: forged + [UInt8](repeating: 1, count: 64)
        )
        let bytes = host.hello.bytes + host.bytes([data.frame])
        for cut in (bytes.count - 70)..<bytes.count {
            var guest = GuestEnd()
            guest.receive([UInt8](bytes[..<cut]))
            guest.receive(Self.next.opening + Self.next.bytes(Self.request))
            #expect(guest.items == [.began(tag: 0x7777_7777)] + Self.expected, "cut at \(cut)")
        }
    }

    @Test("a request that makes no sense keeps its id and the session")
    func senselessRequest() {
        var guest = GuestEnd()
        let bad = Frame(kind: .request, body: [5, 0, 0, 0, 200])
        guest.receive(Self.next.hello.bytes + Self.next.bytes([bad] + Self.request))
        #expect(guest.items == [.began(tag: 0xFEED_BEEF), .unreadable(5), .request(99, .statistics)])
    }

    @Test("a frame that only a guest sends ends the session")
    func wrongDirection() {
        var guest = GuestEnd()
        guest.receive(Self.next.hello.bytes + Self.next.bytes([Frame(kind: .event, body: [3])] + Self.request))
        #expect(guest.items == [.began(tag: 0xFEED_BEEF)])
    }
}
