/// Turns a session's bytes into frames, however they arrive in pieces.
///
/// After an error the bytes mean nothing any more: the owner goes back to looking for a handshake in `unread`.
/// A frame that ends with another tag is not part of that: a dead host left it unfinished, the preamble completed it,
/// and its body, which may be a tenant's input, must not be searched for a handshake.
package struct FrameDecoder {
    /// Why the bytes are not this session's frames.
    package enum Failure: Error, WireEquatable, Sendable {
        /// A kind, flag or length that does not exist.
        case malformedHeader
        /// The frame's end does not carry the session's tag.
        case wrongTag
    }

    private let tag: UInt32
    private var buffer: [UInt8] = []
    private var start = 0

    /// Decodes the frames of the session with this tag.
    package init(tag: UInt32) {
        self.tag = tag
    }

    /// What has arrived and is not yet part of a frame.
    package var unread: [UInt8] { [UInt8](buffer[start...]) }

    /// Adds bytes that arrived.
    package mutating func append(_ bytes: [UInt8]) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame, or `nil` until more bytes arrive.
    package mutating func next() throws(Failure) -> Frame? {
        guard buffer.count - start >= Frame.headerLength else { return nil }
        let length = Int(integer(at: start))
        guard length <= ProtocolLimits.frame, let kind = Frame.Kind(rawValue: buffer[start + 4]),
            buffer[start + 5] <= 1, buffer[start + 6] == 0, buffer[start + 7] == 0
        else { throw .malformedHeader }
        let total = Frame.headerLength + length + Frame.trailerLength
        guard buffer.count - start >= total else { return nil }
        let bodyStart = start + Frame.headerLength
        start += total
        guard integer(at: bodyStart + length) == tag else { throw .wrongTag }
        return Frame(
            kind: kind,
            more: buffer[bodyStart - 3] == 1,
            body: [UInt8](buffer[bodyStart..<bodyStart + length])
        )
    }

    private func integer(at index: Int) -> UInt32 {
        UInt32(buffer[index]) | UInt32(buffer[index + 1]) << 8 | UInt32(buffer[index + 2]) << 16
            | UInt32(buffer[index + 3]) << 24
    }
}
