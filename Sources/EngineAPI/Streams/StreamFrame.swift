package import NIOCore

/// Docker's framing of several outputs on one connection: a byte for the stream, three zeros, a length, the bytes.
///
/// A container without a terminal has it, in attach, exec and logs (Docker Engine API, "ContainerAttach").
package enum StreamFrame {
    /// Which output a frame belongs to.
    package enum Stream: UInt8, Sendable {
        case input = 0
        case output = 1
        case error = 2
        /// What the server itself has to say, after which it closes.
        case system = 3
    }

    /// Bytes of a frame's header.
    package static let headerBytes = 8

    /// One frame of bytes.
    package static func encode(_ stream: Stream, _ bytes: some Collection<UInt8>) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(headerBytes + bytes.count)
        frame.writeInteger(UInt32(stream.rawValue) << 24)
        frame.writeInteger(UInt32(truncatingIfNeeded: bytes.count))
        frame.writeBytes(bytes)
        return frame
    }
}
