/// A piece of a container's file to read.
///
/// Paths resolve inside the container, symbolic links included.
package struct FileRange: WireEquatable, Sendable, WireCodable {
    /// The container.
    package var container: String
    /// Absolute, inside the container.
    package var path: String
    /// Where to start.
    package var offset: UInt64
    /// How much at most, up to `ProtocolLimits.fileChunk`.
    package var count: UInt32

    /// Describes a range.
    package init(container: String, path: String, offset: UInt64, count: UInt32) {
        self.container = container
        self.path = path
        self.offset = offset
        self.count = count
    }

    package init(from reader: inout WireReader) throws(WireError) {
        container = try reader.string(max: 64)
        path = try reader.string(max: 4095)
        offset = try reader.integer()
        count = try reader.integer()
        guard count <= UInt32(ProtocolLimits.fileChunk), offset <= UInt64(Int64.max) else { throw .tooLong }
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(container)
        writer.string(path)
        writer.integer(offset)
        writer.integer(count)
    }
}

/// What a file holds in a range.
package struct FileContent: WireEquatable, Sendable, WireCodable {
    /// The bytes; fewer than asked for only at the file's end.
    package var bytes: [UInt8]
    /// The file's size at the time.
    package var size: UInt64

    /// Describes content.
    package init(bytes: [UInt8], size: UInt64) {
        self.bytes = bytes
        self.size = size
    }

    package init(from reader: inout WireReader) throws(WireError) {
        bytes = try reader.bytes(max: ProtocolLimits.fileChunk)
        size = try reader.integer()
    }

    package func encode(to writer: inout WireWriter) {
        writer.bytes(bytes)
        writer.integer(size)
    }
}

/// A piece of a container's file to write; the first piece (offset 0) makes or empties the file.
package struct FileWrite: WireEquatable, Sendable, WireCodable {
    /// The container.
    package var container: String
    /// Absolute, inside the container.
    package var path: String
    /// Permission bits of a file that is made.
    package var mode: UInt32
    /// Where to write.
    package var offset: UInt64
    /// The content, up to `ProtocolLimits.fileChunk`.
    package var bytes: [UInt8]

    /// Describes a piece.
    package init(container: String, path: String, mode: UInt32, offset: UInt64, bytes: [UInt8]) {
        self.container = container
        self.path = path
        self.mode = mode
        self.offset = offset
        self.bytes = bytes
    }

    package init(from reader: inout WireReader) throws(WireError) {
        container = try reader.string(max: 64)
        path = try reader.string(max: 4095)
        mode = try reader.integer()
        offset = try reader.integer()
        bytes = try reader.bytes(max: ProtocolLimits.fileChunk)
        guard mode <= 0o7777, offset <= UInt64(Int64.max) else { throw .invalid }
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(container)
        writer.string(path)
        writer.integer(mode)
        writer.integer(offset)
        writer.bytes(bytes)
    }
}
