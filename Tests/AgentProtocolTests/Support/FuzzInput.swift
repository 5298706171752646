import AgentProtocol

/// A fuzzer's input: how to make the channel's bytes of the rest, and in which pieces they arrive.
///
///     u8 mode · u8 bytes per piece (0: all at once) · content
///
/// Mutations hardly ever hit a session's tag at a frame's end, so that a mode wraps the content properly.
struct FuzzInput {
    enum Mode: UInt8 {
        /// The content is all that arrives.
        case raw = 0
        /// The content is records of `u8 kind · u8 more · u16 length · body`; a handshake and their frames arrive.
        case framed = 1
        /// A handshake and then the content arrive.
        case greeted = 2
    }

    let mode: Mode
    let pieceSize: Int
    let content: [UInt8]

    init(_ bytes: [UInt8]) {
        mode = Mode(rawValue: (bytes.first ?? 0) % 3) ?? .raw
        pieceSize = bytes.count > 1 ? Int(bytes[1]) : 0
        content = [UInt8](bytes.dropFirst(2))
    }

    init(_ mode: Mode, pieceSize: UInt8 = 0, content: [UInt8]) {
        self.mode = mode
        self.pieceSize = Int(pieceSize)
        self.content = content
    }

    /// An input that arrives as these frames.
    init(frames: [Frame], pieceSize: UInt8 = 0) {
        let records = frames.flatMap { frame in
            let count = frame.body.count
            return [frame.kind.rawValue - 1, frame.more ? 1 : 0, UInt8(count & 255), UInt8(count >> 8)] + frame.body
        }
        self.init(.framed, pieceSize: pieceSize, content: records)
    }

    /// The input as a fuzzer gets it.
    var bytes: [UInt8] { [mode.rawValue, UInt8(truncatingIfNeeded: pieceSize)] + content }

    /// What arrives in a session with this handshake record and tag.
    func channel(handshake: [UInt8], tag: UInt32) -> [UInt8] {
        switch mode {
        case .raw: content
        case .framed: handshake + framed(tag: tag)
        case .greeted: handshake + content
        }
    }

    /// The same in pieces.
    func pieces(of channel: [UInt8]) -> [[UInt8]] {
        guard pieceSize > 0 else { return [channel] }
        return stride(from: 0, to: channel.count, by: pieceSize).map { start in
            [UInt8](channel[start..<min(start + pieceSize, channel.count)])
        }
    }

    private func framed(tag: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = content[...]
        while rest.count >= 4 {
            let header = [UInt8](rest.prefix(4))
            rest = rest.dropFirst(4)
            let body = rest.prefix(min(Int(header[2]) | Int(header[3]) << 8, ProtocolLimits.frame))
            rest = rest.dropFirst(body.count)
            guard let kind = Frame.Kind(rawValue: header[0] % 5 + 1) else { break }
            Frame(kind: kind, more: header[1] & 1 == 1, body: [UInt8](body)).encode(tag: tag, into: &bytes)
        }
        return bytes
    }
}
