import NIOCore
import Pods

/// Chooses among a log's records and writes them as `docker logs` wants them.
struct LogWriter {
    private let wishes: LogWishes
    private let encoder: OutputEncoder
    /// What is held back as long as only the end of the log is wanted.
    private var tail: LogTail?
    private var startsLine: [LogRecord.Stream: Bool] = [:]

    /// - Parameter isRaw: whether the process has a terminal.
    init(_ wishes: LogWishes, isRaw: Bool) {
        self.wishes = wishes
        encoder = OutputEncoder(isRaw: isRaw, output: wishes.output, error: wishes.error)
        tail = wishes.tail.map { LogTail(limit: $0) }
    }

    /// Takes the next record.
    ///
    /// - Returns: what is to be sent now.
    mutating func take(_ record: LogRecord) -> [ByteBuffer] {
        guard record.stream == .output ? wishes.output : wishes.error, record.time >= wishes.since ?? .min,
            record.time <= wishes.until ?? .max
        else { return [] }
        guard tail == nil else {
            tail?.take(record)
            return []
        }
        return encoded(record).map { [$0] } ?? []
    }

    /// Ends the log as it is: what was held back is to be sent now.
    mutating func flush() -> [ByteBuffer] {
        let records = tail?.records ?? []
        tail = nil
        return records.compactMap { encoded($0) }
    }

    private mutating func encoded(_ record: LogRecord) -> ByteBuffer? {
        encoder.encode(record.stream, wishes.timestamps ? stamped(record) : record.bytes)
    }

    /// The bytes with the record's time before each line that begins in it.
    private mutating func stamped(_ record: LogRecord) -> [UInt8] {
        let stamp = Array("\(EngineTime.format(nanoseconds: record.time)) ".utf8)
        var result: [UInt8] = []
        var starts = startsLine[record.stream] ?? true
        for byte in record.bytes {
            if starts { result += stamp }
            result.append(byte)
            starts = byte == UInt8(ascii: "\n")
        }
        startsLine[record.stream] = starts
        return result
    }
}
