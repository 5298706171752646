/// The last lines of a log: the complete lines of both streams in the order of their ends, then what has no end yet.
package struct LogTail {
    private let limit: Int
    /// Lines, each in the pieces in which it was written.
    private var lines: [[LogRecord]] = []
    private var unfinished: [LogRecord.Stream: [LogRecord]] = [:]

    /// - Parameter limit: how many lines are wanted.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next record.
    package mutating func take(_ record: LogRecord) {
        var rest = record.bytes[...]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(unfinished.removeValue(forKey: record.stream) ?? [])
            lines[lines.endIndex - 1].append(Self.piece(of: record, rest[...newline]))
            rest = rest[(newline + 1)...]
        }
        if !rest.isEmpty { unfinished[record.stream, default: []].append(Self.piece(of: record, rest)) }
        // Many at a time, because each removal moves all that stay.
        if lines.count - limit >= limit { lines.removeFirst(lines.count - limit) }
    }

    /// What the lines that are wanted are made of.
    package var records: [LogRecord] {
        let open = unfinished.values.sorted { ($0.first?.time ?? 0) < ($1.first?.time ?? 0) }
        return (lines + open).suffix(limit).flatMap { $0 }
    }

    private static func piece(of record: LogRecord, _ bytes: ArraySlice<UInt8>) -> LogRecord {
        LogRecord(
            time: record.time,
            stream: record.stream,
            offset: record.offset + UInt64(bytes.startIndex),
            bytes: Array(bytes)
        )
    }
}
