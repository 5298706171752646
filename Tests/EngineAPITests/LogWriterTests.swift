import NIOCore
import Pods
import Testing

@testable import EngineAPI

struct LogWriterTests {
    private static let records: [LogRecord] = [
        LogRecord(time: 1_000_000_000, stream: .output, offset: 0, bytes: Array("a\nb".utf8)),
        LogRecord(time: 2_000_000_000, stream: .error, offset: 0, bytes: Array("e\n".utf8)),
        LogRecord(time: 3_000_000_000, stream: .output, offset: 3, bytes: Array("c\n".utf8)),
    ]

    private static func write(_ query: String, isRaw: Bool = true) throws -> String {
        var writer = try LogWriter(LogWishes(EngineQuery(query)), isRaw: isRaw)
        let pieces = records.flatMap { writer.take($0) } + writer.flush()
        return pieces.map { String(buffer: $0) }.joined()
    }

    @Test(
        "a log is written as its reader wants it",
        arguments: [
            ("stdout=1&stderr=1", "a\nbe\nc\n"), ("stdout=1", "a\nbc\n"), ("stderr=1", "e\n"),
            ("stdout=1&tail=1", "bc\n"), ("stdout=1&tail=0", ""), ("stdout=1&tail=all", "a\nbc\n"),
            ("stdout=1&stderr=1&since=2", "e\nc\n"), ("stdout=1&until=1", "a\nb"),
            (
                "stdout=1&timestamps=1",
                "1970-01-01T00:00:01.000000000Z a\n1970-01-01T00:00:01.000000000Z bc\n"
            ),
        ]
    )
    func written(query: String, text: String) throws { #expect(try Self.write(query) == text) }

    @Test("without a terminal each piece has a frame that tells its stream")
    func frames() throws {
        #expect(try Self.write("stderr=1", isRaw: false) == "\u{2}\0\0\0\0\0\0\u{2}e\n")
    }

    @Test("who wants no stream is refused")
    func none() {
        #expect(throws: EngineError.self) { try LogWishes(EngineQuery("follow=1")) }
    }
}
