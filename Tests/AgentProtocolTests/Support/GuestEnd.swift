import AgentProtocol

/// A guest's side of the channel, put together from the parts as docs/agent-protocol.md says.
///
/// The guest's own session cannot be linked into a test of the host; the fuzzers drive that one.
struct GuestEnd {
    enum Item: Equatable {
        case began(tag: UInt32)
        case request(UInt32, Request)
        case unreadable(UInt32)
        case data(StreamData)
        case credit(StreamCredit)
    }

    private(set) var items: [Item] = []
    private var scanner = Handshake.helloScanner()
    private var assembler = MessageAssembler()
    private var decoder: FrameDecoder?

    /// What was decoded since this session began, its beginning included.
    var session: ArraySlice<Item> {
        let start = items.lastIndex { if case .began = $0 { true } else { false } }
        return items[(start ?? items.endIndex)...]
    }

    mutating func receive(_ bytes: [UInt8]) {
        var unread = bytes
        while true {
            if decoder == nil {
                guard let match = scanner.append(unread) else { return }
                begin(match.record)
                unread = match.rest
            } else {
                decoder?.append(unread)
                if decode() { return }
                unread = decoder?.unread ?? []
                decoder = nil
            }
        }
    }

    private mutating func begin(_ record: [UInt8]) {
        guard let hello = Handshake.Hello(record: record), Handshake.Welcome(answering: hello).version != 0 else {
            return
        }
        decoder = FrameDecoder(tag: hello.tag)
        assembler = MessageAssembler()
        items.append(.began(tag: hello.tag))
    }

    private mutating func decode() -> Bool {
        do {
            while let frame = try decoder?.next() { try take(frame) }
            return true
        } catch {
            return false
        }
    }

    private mutating func take(_ frame: Frame) throws {
        switch frame.kind {
        case .request:
            guard let message = try assembler.append(frame) else { return }
            let id = try Request.id(of: message)
            if let request = try? Request(message: message) {
                items.append(.request(id, request))
            } else {
                items.append(.unreadable(id))
            }
        case .data: items.append(.data(try StreamData(body: frame.body)))
        case .credit: items.append(.credit(try StreamCredit(body: frame.body)))
        case .response, .event: throw WireError.invalid
        }
    }
}

/// What a host sends, for tests.
struct HostEnd {
    let hello: Handshake.Hello

    init(tag: UInt32) {
        hello = Handshake.Hello(
            nonce: [UInt8](repeating: UInt8(truncatingIfNeeded: tag), count: 16),
            tag: tag,
            versions: ProtocolLimits.version...ProtocolLimits.version
        )
    }

    var opening: [UInt8] { [UInt8](repeating: 0, count: Handshake.preambleLength) + hello.bytes }

    func bytes(_ frames: [Frame]) -> [UInt8] {
        var bytes: [UInt8] = []
        for frame in frames { frame.encode(tag: hello.tag, into: &bytes) }
        return bytes
    }
}
