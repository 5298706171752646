import AgentProtocol
import Testing

@Suite("Frame decoder")
struct FrameDecoderTests {
    private static let tag: UInt32 = 0xA1B2_C3D4
    private static let frames = [
        Frame(kind: .request, more: true, body: [1, 2, 3]),
        Frame(kind: .request, body: []),
        Samples.data.frame,
        Samples.credit.frame,
        Frame(kind: .response, body: [0, 0, 0, 0, 0]),
        Frame(kind: .event, body: [3]),
    ]
    private static var bytes: [UInt8] {
        frames.reduce(into: []) { $1.encode(tag: tag, into: &$0) }
    }

    private func drain(_ decoder: inout FrameDecoder) throws -> [Frame] {
        var found: [Frame] = []
        while let frame = try decoder.next() { found.append(frame) }
        return found
    }

    @Test("frames come out whole wherever the bytes are split in two")
    func everySplit() throws {
        let bytes = Self.bytes
        for cut in 0...bytes.count {
            var decoder = FrameDecoder(tag: Self.tag)
            decoder.append([UInt8](bytes[..<cut]))
            var found = try drain(&decoder)
            decoder.append([UInt8](bytes[cut...]))
            found += try drain(&decoder)
            #expect(found == Self.frames)
            #expect(decoder.unread == [])
        }
    }

    @Test("frames come out whole when bytes arrive a few at a time", arguments: [1, 2, 3, 7])
    func pieces(size: Int) throws {
        var decoder = FrameDecoder(tag: Self.tag)
        var found: [Frame] = []
        var rest = Self.bytes[...]
        while !rest.isEmpty {
            decoder.append([UInt8](rest.prefix(size)))
            rest = rest.dropFirst(size)
            found += try drain(&decoder)
        }
        #expect(found == Self.frames)
    }

    @Test("the largest frame is accepted")
    func largest() throws {
        let frame = Frame(kind: .data, body: [UInt8](repeating: 9, count: ProtocolLimits.frame))
        var bytes: [UInt8] = []
        frame.encode(tag: Self.tag, into: &bytes)
        var decoder = FrameDecoder(tag: Self.tag)
        decoder.append(bytes)
        #expect(try decoder.next() == frame)
    }

    @Test(
        "a header that cannot be is refused at once, and its bytes are left to be searched",
        arguments: [
            [0x01, 0x80, 0, 0, 4, 0, 0, 0],  // one byte above the bound
            [255, 255, 255, 255, 4, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 0],  // a preamble
            [0, 0, 0, 0, 6, 0, 0, 0],
            [0, 0, 0, 0, 4, 2, 0, 0],
            [0, 0, 0, 0, 4, 0, 1, 0],
            [0, 0, 0, 0, 4, 0, 0, 1],
        ] as [[UInt8]]
    )
    func malformedHeader(header: [UInt8]) {
        var decoder = FrameDecoder(tag: Self.tag)
        decoder.append(header)
        #expect(throws: FrameDecoder.Failure.malformedHeader) { try decoder.next() }
        #expect(decoder.unread == header)
    }

    @Test("a frame with another tag is refused and its content passed over")
    func wrongTag() {
        var bytes: [UInt8] = []
        Samples.data.frame.encode(tag: Self.tag ^ 1, into: &bytes)
        var decoder = FrameDecoder(tag: Self.tag)
        decoder.append(bytes + [1, 2, 3])
        #expect(throws: FrameDecoder.Failure.wrongTag) { try decoder.next() }
        #expect(decoder.unread == [1, 2, 3])
    }
}
