/// Turns a log's bytes into records, however they are read in pieces.
struct LogParser {
    private var buffer: [UInt8] = []
    private var start = 0
    /// How many bytes make up the records that were found.
    private(set) var parsedCount = 0

    mutating func append(_ bytes: some Collection<UInt8>) {
        buffer.removeFirst(start)
        start = 0
        buffer.append(contentsOf: bytes)
    }

    /// The next whole record; `nil` until more arrives, or when what follows is no record (a torn end after a crash).
    mutating func next() -> LogRecord? {
        let unread = buffer[start...]
        guard let newline = unread.prefix(LogRecord.headerBound).firstIndex(of: UInt8(ascii: "\n")),
            let header = LogRecord.header(buffer[start..<newline])
        else { return nil }
        let content = newline + 1
        guard buffer.count > content + header.count, buffer[content + header.count] == UInt8(ascii: "\n") else {
            return nil
        }
        let end = content + header.count + 1
        parsedCount += end - start
        start = end
        return LogRecord(
            time: header.time,
            stream: header.stream,
            offset: header.offset,
            bytes: Array(buffer[content..<content + header.count])
        )
    }
}
