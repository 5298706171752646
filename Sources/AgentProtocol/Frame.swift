/// One unit on the channel: a kind and a body.
///
///     u32 body length · u8 kind · u8 flags · u16 zero · body · u32 session tag
///
/// The tag at the end makes a frame that was cut short by a dying host recognisable: the next host begins with
/// zeros, which complete the cut frame with a wrong tag (see `Handshake`).
package struct Frame: WireEquatable, Sendable {
    /// What the body is.
    package enum Kind: UInt8, Sendable {
        /// Host to guest: a `Request` behind its id.
        case request = 1
        /// Guest to host: a `Response` behind the request's id.
        case response = 2
        /// Guest to host: an `Event`.
        case event = 3
        /// Both ways: bytes of a stream.
        case data = 4
        /// Both ways: what of a stream has arrived, and how much more may be sent.
        case credit = 5
    }

    /// Bytes before the body.
    package static let headerLength = 8
    /// Bytes behind the body.
    package static let trailerLength = 4

    /// What the body is.
    package let kind: Kind
    /// Whether the message goes on in the next frame of this kind (not for data and credit).
    package let more: Bool
    /// The frame's content, at most `ProtocolLimits.frame` bytes.
    package let body: [UInt8]

    /// Makes a frame.
    package init(kind: Kind, more: Bool = false, body: [UInt8]) {
        self.kind = kind
        self.more = more
        self.body = body
    }

    /// Appends the frame's bytes, sealed with the session's tag.
    package func encode(tag: UInt32, into output: inout [UInt8]) {
        var header = WireWriter()
        header.integer(UInt32(body.count))
        header.integer(kind.rawValue)
        header.integer(UInt8(more ? 1 : 0))
        header.integer(UInt16(0))
        output.append(contentsOf: header.bytes)
        output.append(contentsOf: body)
        var trailer = WireWriter()
        trailer.integer(tag)
        output.append(contentsOf: trailer.bytes)
    }

    /// Cuts a message into as many frames as it needs.
    package static func frames(_ kind: Kind, message: [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        var start = 0
        repeat {
            let end = min(start + ProtocolLimits.frame, message.count)
            frames.append(Frame(kind: kind, more: end < message.count, body: [UInt8](message[start..<end])))
            start = end
        } while start < message.count
        return frames
    }
}
