import AgentProtocol
import FoundationEssentials
import Testing

/// What the fuzzers start from and what they once found, through the decoders of an ordinary test run.
@Suite("Fuzzers' inputs")
struct ReplayTests {
    private static func inputs(_ target: String) throws -> [(name: String, input: FuzzInput)] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try ["Corpus", "Regressions"].flatMap { folder in
            let path = root.appending(path: "Fuzz/\(folder)/\(target)").path()
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { name in
                ("\(folder)/\(name)", FuzzInput([UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(name)")))))
            }
        }
    }

    @Test("the guest's decoders give the same for an input at once and in pieces")
    func guest() throws {
        let host = HostEnd(tag: 0x5A5A_5A5A)
        let inputs = try Self.inputs("agent-guest")
        try #require(!inputs.isEmpty)
        for (name, input) in inputs {
            let channel = input.channel(handshake: host.hello.bytes, tag: host.hello.tag)
            var whole = GuestEnd()
            whole.receive(channel)
            var pieces = GuestEnd()
            for piece in input.pieces(of: channel) { pieces.receive(piece) }
            #expect(whole.items == pieces.items, "\(name)")
            feedStreams(whole.items)
        }
    }

    private func feedStreams(_ items: [GuestEnd.Item]) {
        var streams = StreamModel()
        for item in items {
            switch item {
            case .began: streams.rewind()
            case .data(let data): streams.receive(data)
            case .credit(let credit): streams.receive(credit)
            case .request, .unreadable: continue
            }
        }
    }

    @Test("what the host's decoders accept survives its encoding")
    func host() throws {
        let inputs = try Self.inputs("agent-host")
        try #require(!inputs.isEmpty)
        for (name, input) in inputs where input.mode == .framed {
            var decoder = FrameDecoder(tag: 1)
            var streams = StreamModel()
            decoder.append(input.channel(handshake: [], tag: 1))
            while let frame = try decoder.next() { replay(frame, into: &streams, name) }
        }
    }

    private func replay(_ frame: Frame, into streams: inout StreamModel, _ name: String) {
        switch frame.kind {
        case .response:
            guard let response = try? Response(message: frame.body), let id = try? Request.id(of: frame.body) else {
                return
            }
            #expect(response.encode(id: id) == frame.body, "\(name)")
        case .event:
            guard let event = try? Event(message: frame.body) else { return }
            #expect(event.encode() == frame.body, "\(name)")
        case .data: if let data = try? StreamData(body: frame.body) { streams.receive(data) }
        case .credit: if let credit = try? StreamCredit(body: frame.body) { streams.receive(credit) }
        case .request: return
        }
    }
}
