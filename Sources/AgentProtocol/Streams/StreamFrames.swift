/// Names one direction of a process's standard input and output.
package struct StreamID: WireEquatable, Sendable {
    /// Which of the three.
    package enum Channel: UInt8, Sendable {
        /// Host to guest.
        case input = 0
        /// Guest to host; with a terminal it carries everything.
        case output = 1
        /// Guest to host.
        case error = 2
    }

    /// The number that the host gave the process.
    package let process: UInt32
    /// Which of its streams.
    package let channel: Channel

    /// Names a stream.
    package init(process: UInt32, channel: Channel) {
        self.process = process
        self.channel = channel
    }

    init(from reader: inout WireReader) throws(WireError) {
        process = try reader.integer()
        guard let channel = Channel(rawValue: try reader.integer(UInt8.self)) else { throw .invalid }
        self.channel = channel
    }

    func encode(to writer: inout WireWriter) {
        writer.integer(process)
        writer.integer(channel.rawValue)
    }
}

/// Bytes of a stream with their place in it; a frame of kind `data`.
package struct StreamData: WireEquatable, Sendable {
    /// The largest number of bytes in one frame, behind the 14 that describe them.
    package static let capacity = ProtocolLimits.frame - 14

    /// The stream.
    package let stream: StreamID
    /// How many bytes of the stream precede these.
    package let offset: UInt64
    /// Whether nothing follows these.
    package let end: Bool
    /// The content, possibly empty.
    package let bytes: [UInt8]

    /// Describes bytes of a stream.
    package init(stream: StreamID, offset: UInt64, end: Bool, bytes: [UInt8]) {
        self.stream = stream
        self.offset = offset
        self.end = end
        self.bytes = bytes
    }

    /// Reads a frame's body.
    package init(body: [UInt8]) throws(WireError) {
        var reader = WireReader(body)
        stream = try StreamID(from: &reader)
        end = try reader.bool()
        offset = try reader.place()
        bytes = reader.rest()
    }

    /// The frame that carries the bytes.
    package var frame: Frame {
        var writer = WireWriter()
        stream.encode(to: &writer)
        writer.bool(end)
        writer.integer(offset)
        writer.raw(bytes)
        return Frame(kind: .data, body: writer.bytes)
    }
}

/// How far a stream's receiver is; a frame of kind `credit`.
///
/// Both numbers are places in the stream, not amounts: a credit that arrives twice or late does no harm.
package struct StreamCredit: WireEquatable, Sendable {
    /// The stream.
    package let stream: StreamID
    /// Everything before this place is safe with the receiver; the end of the stream counts as one more byte.
    package let acknowledged: UInt64
    /// The sender may send what lies before this place.
    package let limit: UInt64

    /// Describes a receiver's state.
    package init(stream: StreamID, acknowledged: UInt64, limit: UInt64) {
        self.stream = stream
        self.acknowledged = acknowledged
        self.limit = limit
    }

    /// Reads a frame's body.
    package init(body: [UInt8]) throws(WireError) {
        var reader = WireReader(body)
        stream = try StreamID(from: &reader)
        acknowledged = try reader.place()
        limit = try reader.place()
        try reader.finish()
    }

    /// The frame that carries the credit.
    package var frame: Frame {
        var writer = WireWriter()
        stream.encode(to: &writer)
        writer.integer(acknowledged)
        writer.integer(limit)
        return Frame(kind: .credit, body: writer.bytes)
    }
}

extension WireReader {
    /// Reads a place in a stream.
    ///
    /// No stream reaches 2^63 bytes. Beyond, the sums that both ends make of places and windows would overflow.
    fileprivate mutating func place() throws(WireError) -> UInt64 {
        let place = try integer(UInt64.self)
        guard place <= UInt64(Int64.max) else { throw .invalid }
        return place
    }
}
