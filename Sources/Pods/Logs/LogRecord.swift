/// One piece of output in a pod's log.
///
/// On disk: `nanoseconds stream offset length\n`, the bytes, `\n`. The offsets tell a new attendant how much of each
/// stream is safe already, and the length lets any bytes be content.
package struct LogRecord: Sendable, Equatable {
    /// Which stream of the process.
    package enum Stream: String, Sendable {
        case output = "o"
        case error = "e"
    }

    /// When it arrived, in nanoseconds since 1970.
    package let time: Int64
    /// Which stream.
    package let stream: Stream
    /// How many bytes of the stream precede it.
    package let offset: UInt64
    /// The bytes.
    package let bytes: [UInt8]

    /// Puts a record together.
    package init(time: Int64, stream: Stream, offset: UInt64, bytes: [UInt8]) {
        self.time = time
        self.stream = stream
        self.offset = offset
        self.bytes = bytes
    }

    /// Where the stream continues.
    var end: UInt64 { offset + UInt64(bytes.count) }

    /// The record's form on disk.
    var encoded: [UInt8] {
        Array("\(time) \(stream.rawValue) \(offset) \(bytes.count)\n".utf8) + bytes + [UInt8(ascii: "\n")]
    }

    /// The longest line that can be a header.
    static let headerBound = 80

    /// A header's fields.
    static func header(_ line: some Sequence<UInt8>) -> (time: Int64, stream: Stream, offset: UInt64, count: Int)? {
        let fields = String(decoding: Array(line), as: UTF8.self).split(separator: " ")
        guard fields.count == 4, let time = Int64(fields[0]), let stream = Stream(rawValue: String(fields[1])),
            let offset = UInt64(fields[2]), let count = Int(fields[3]), (0...LogFile.recordBound).contains(count)
        else { return nil }
        return (time, stream, offset, count)
    }
}
