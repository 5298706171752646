import FoundationEssentials
import Pods
import SystemPackage
import TestSupport
import Testing

@testable import CommandLine

struct LogPrinterTests {
    private static func record(_ text: String, _ stream: LogRecord.Stream = .output, time: Int64 = 0) -> LogRecord {
        LogRecord(time: time, stream: stream, offset: 0, bytes: Array(text.utf8))
    }

    /// What is printed of some records: standard output and standard error.
    private func print(
        _ records: [LogRecord],
        timestamps: Bool = false,
        tail: Int? = nil,
        then events: [PodSession.Event] = []
    ) async throws -> (output: String, error: String) {
        try await withTemporaryFolder { folder in
            let paths = [folder.appending("out"), folder.appending("err")]
            let files = try paths.map {
                try FileDescriptor.open($0, .writeOnly, options: [.create], permissions: .ownerReadWrite)
            }
            defer { for file in files { try? file.close() } }
            var printer = try LogPrinter(timestamps: timestamps, tail: tail, to: (files[0].rawValue, files[1].rawValue))
            for record in records { try await printer.take(record) }
            try await printer.flush()
            for event in events { try await printer.take(event) }
            let texts = try paths.map {
                String(decoding: try Data(contentsOf: URL(filePath: $0.string)), as: UTF8.self)
            }
            return (texts[0], texts[1])
        }
    }

    @Test("a log is printed as it was written, each stream to its own")
    func whole() async throws {
        let printed = try await print([Self.record("a\nb"), Self.record("oops\n", .error), Self.record("c\n")])
        #expect(printed == ("a\nbc\n", "oops\n"))
    }

    @Test(
        "only the last lines are printed, a last one without an end among them",
        arguments: [
            (["a\n", "b\n", "c\n"], 2, "b\nc\n"), (["a\nb\nc\n"], 2, "b\nc\n"), (["a\n", "b\n"], 5, "a\nb\n"),
            (["a\n", "b"], 1, "b"), (["a\nb"], 2, "a\nb"), (["a\n", "par", "ti", "al\n"], 1, "partial\n"),
            (["a\nb", "c\nd"], 2, "bc\nd"), (["a\n", "b\n"], 0, ""), (["a"], 0, ""), (["\n\n\n"], 2, "\n\n"),
            ([], 3, ""),
            (["a\n", "b\n"], Int.max, "a\nb\n"),
        ]
    )
    func tail(pieces: [String], lines: Int, expected: String) async throws {
        #expect(try await print(pieces.map { Self.record($0) }, tail: lines).output == expected)
    }

    @Test("a line that another stream's interrupts stays whole")
    func interleaved() async throws {
        let records = [
            Self.record("old\n"), Self.record("par"), Self.record("oops\n", .error), Self.record("tial\n"),
            Self.record("un", .error),
        ]
        #expect(try await print(records, tail: 1) == ("", "un"))
        #expect(try await print(records, tail: 2) == ("partial\n", "un"))
        #expect(try await print(records, tail: 3) == ("partial\n", "oops\nun"))
        #expect(try await print(records, tail: 4) == ("old\npartial\n", "oops\nun"))
    }

    @Test("the end of a long log does not depend on how it was cut in pieces")
    func longLog() async throws {
        let text = (0..<5000).map { "line \($0)\n" }.joined()
        let bytes = Array(text.utf8)
        for size in [1 << 20, 777] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map { start in
                LogRecord(
                    time: 0,
                    stream: .output,
                    offset: 0,
                    bytes: Array(bytes[start..<min(start + size, bytes.count)])
                )
            }
            let expected = (4990..<5000).map { "line \($0)\n" }.joined()
            #expect(try await print(pieces, tail: 10).output == expected)
        }
    }

    @Test("each line has the time of its first piece before it, on each stream")
    func timestamps() async throws {
        let second: Int64 = 1_000_000_000
        let records = [
            Self.record("a\nb", time: second), Self.record("x\n", .error, time: 2 * second),
            Self.record("c\n\nd\n", time: 3 * second + 250_000_000),
        ]
        let printed = try await print(records, timestamps: true)
        #expect(
            printed.output == """
                1970-01-01T00:00:01.000Z a
                1970-01-01T00:00:01.000Z bc
                1970-01-01T00:00:03.250Z\u{20}
                1970-01-01T00:00:03.250Z d

                """
        )
        #expect(printed.error == "1970-01-01T00:00:02.000Z x\n")
        #expect(try await print(records, timestamps: true, tail: 1).output == "1970-01-01T00:00:03.250Z d\n")
    }

    @Test("what follows is printed at once, behind the end that was asked for")
    func follow() async throws {
        let events: [PodSession.Event] = [
            .started, .output(Array("new\n".utf8)), .error(Array("err\n".utf8)), .ended(PodExit(code: 0, finished: 0)),
        ]
        #expect(try await print([Self.record("a\nb\n")], tail: 1, then: events) == ("b\nnew\n", "err\n"))
        #expect(try await print([Self.record("a\nb\n")], tail: 0, then: events) == ("new\n", "err\n"))
    }
}
