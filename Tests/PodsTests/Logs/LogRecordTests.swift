import Testing

@testable import Pods

struct LogRecordTests {
    static let records = [
        LogRecord(time: 1, stream: .output, offset: 0, bytes: Array("hello\n".utf8)),
        LogRecord(time: -5, stream: .error, offset: 0, bytes: []),
        // Content may look like records.
        LogRecord(time: .max, stream: .error, offset: .max - 9, bytes: Array("1 o 0 3\nabc\n".utf8)),
        LogRecord(time: 2, stream: .output, offset: 6, bytes: [0, 10, 255, 10, 10]),
    ]
    static let bytes = records.flatMap(\.encoded)

    @Test("the form on disk is a line that can be read, and the bytes")
    func form() {
        #expect(String(decoding: Self.records[0].encoded, as: UTF8.self) == "1 o 0 6\nhello\n\n")
        #expect(Self.records[2].encoded.firstIndex(of: 10).map { $0 < LogRecord.headerBound } == true)
    }

    @Test("records come out whole wherever the file is read in two")
    func everySplit() {
        for split in 0...Self.bytes.count {
            var (parser, found) = (LogParser(), [LogRecord]())
            for part in [Self.bytes[..<split], Self.bytes[split...]] {
                parser.append(part)
                while let record = parser.next() { found.append(record) }
            }
            #expect(found == Self.records)
            #expect(parser.parsedCount == Self.bytes.count)
        }
    }

    @Test("records come out of a file that arrives byte by byte")
    func byteByByte() {
        var (parser, found) = (LogParser(), [LogRecord]())
        for byte in Self.bytes {
            parser.append([byte])
            while let record = parser.next() { found.append(record) }
        }
        #expect(found == Self.records)
    }

    @Test("a torn end is no record, wherever it is torn")
    func tornEnd() {
        let last = Self.records[3].encoded
        for length in 0..<last.count {
            var parser = LogParser()
            parser.append(Self.records[0].encoded + last.prefix(length))
            #expect(parser.next() == Self.records[0])
            #expect(parser.next() == nil)
            #expect(parser.parsedCount == Self.records[0].encoded.count)
        }
    }

    @Test(
        "what is no header ends the log there",
        arguments: [
            "x o 0 1\na\n", "1 q 0 1\na\n", "1 o -1 1\na\n", "1 o 0 -1\na\n", "1 o 0\na\n", "1 o 0 1 1\na\n",
            "1 o 0 1048577\na\n", "1 o 0 99999999999999999999\na\n", "\n", "1 o 0 1\nab\n",
            String(repeating: " ", count: 100) + "1 o 0 1\na\n",
        ]
    )
    func garbage(text: String) {
        var parser = LogParser()
        parser.append(Array(text.utf8))
        #expect(parser.next() == nil)
        #expect(parser.parsedCount == 0)
    }
}
