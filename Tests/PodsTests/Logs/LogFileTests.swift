import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Pods

struct LogFileTests {
    private func record(_ text: String, _ stream: LogRecord.Stream = .output, at offset: UInt64 = 0) -> LogRecord {
        LogRecord(time: 1, stream: stream, offset: offset, bytes: Array(text.utf8))
    }

    private func contents(_ path: FilePath) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path.string)))
    }

    private func all(_ reader: LogReader) throws -> [String] {
        var texts: [String] = []
        while let record = try reader.next() { texts.append(String(decoding: record.bytes, as: UTF8.self)) }
        return texts
    }

    @Test("a log without a file is empty, and gets its records when it has one")
    func empty() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("log")
            let reader = LogReader(path)
            #expect(try all(reader) == [])
            let log = try LogFile(path)
            #expect(try all(reader) == [])
            try log.append(record("one"))
            #expect(try all(reader) == ["one"])
            try log.append(record("two", .error))
            #expect(try all(reader) == ["two"])
        }
    }

    @Test("a log that is continued knows how much of each stream it has")
    func continued() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("log")
            try LogFile(path).append(record("12345"))
            try LogFile(path).append(record("123", .error))
            try LogFile(path).append(record("678", at: 5))
            #expect(try LogFile.ends(of: path) == (8, 3))
            #expect(try all(LogReader(path)) == ["12345", "123", "678"])
        }
    }

    @Test("a record that a crash has torn is cut off, wherever it is torn, and the log goes on behind it")
    func torn() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("log")
            let (whole, torn) = (record("whole").encoded, record("torn", at: 5).encoded)
            for length in 0..<torn.count {
                try AtomicFile.write(whole + torn.prefix(length), to: path)
                #expect(try LogFile.ends(of: path) == (5, 0))
                #expect(try contents(path) == whole)
                try LogFile(path).append(record("next", at: 5))
                #expect(try all(LogReader(path)) == ["whole", "next"])
            }
        }
    }

    @Test("a log never takes more than two files of its bound, and keeps what is newest")
    func bound() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("log")
            let log = try LogFile(path, rotationSize: 300)
            for number in UInt64(0)..<200 {
                try log.append(record("line \(100 + number)\n", at: number * 9))
                #expect(try contents(path).count <= 300)
            }
            #expect(try contents(LogFile.rotated(path)).count <= 300)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string).count == 2)
            let kept = try all(LogReader(path))
            #expect(kept.last == "line 299\n")
            #expect(kept == (0..<kept.count).map { "line \(300 - kept.count + $0)\n" })
            #expect(kept.count > 10)
        }
    }

    @Test("a record larger than the bound has a file of its own")
    func large() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("log")
            let log = try LogFile(path, rotationSize: 100)
            let large = String(repeating: "x", count: 500)
            try log.append(record(large))
            try log.append(record(large, at: 500))
            #expect(try all(LogReader(path)) == [large, large])
        }
    }

    @Test("how far a stream was is known even when its last record has been thrown away")
    func endsAfterRotation() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("log")
            let log = try LogFile(path, rotationSize: 300)
            try log.append(record("a warning at the start", .error))
            for number in UInt64(0)..<200 { try log.append(record("line \(100 + number)\n", at: number * 9)) }
            let reader = LogReader(path)
            while let record = try reader.next() { #expect(record.stream == .output) }
            #expect(try LogFile.ends(of: path) == (1800, 22))
        }
    }

    @Test("a reader that is a file behind, or several, goes on with the oldest that is left", arguments: [1, 40])
    func readerBehind(records: Int) async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("log")
            let log = try LogFile(path, rotationSize: 300)
            let reader = LogReader(path)
            var (read, written) = ([Int](), 0)
            for _ in 0..<20 {
                for _ in 0..<records {
                    try log.append(record("\(written)"))
                    written += 1
                }
                read += try all(reader).compactMap { Int($0) }
            }
            #expect(read.last == written - 1)
            #expect(read == read.sorted())
            #expect(Set(read).count == read.count)
            if records == 1 { #expect(read == Array(0..<written)) }
            // Behind by more than the log keeps, it still gets all that is kept.
            let kept = try all(LogReader(path)).compactMap { Int($0) }
            #expect(Array(read.suffix(kept.count)) == kept)
        }
    }

    @Test("a reader misses nothing that is added before a rotation and after it looked")
    func rotationBetweenLooks() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("log")
            let log = try LogFile(path, rotationSize: 300)
            let reader = LogReader(path)
            try log.append(record("first"))
            #expect(try all(reader) == ["first"])
            try log.append(record("second"))
            try log.append(record(String(repeating: "x", count: 290)))
            #expect(try all(reader).first == "second")
        }
    }

    @Test("a log is readable for its owner alone")
    func permissions() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("log")
            _ = try LogFile(path)
            let mode = try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions]
            #expect(mode as? NSNumber == 0o600)
        }
    }
}
