import FoundationEssentials
import Pods

/// Prints a log as its streams, whole or from its last lines on.
struct LogPrinter {
    private let timestamps: Bool
    private let output: StandardOutput
    private let error: StandardOutput
    private let tail: Int?
    /// The last pieces, as long as only the end of the log is wanted.
    private var held: [LogRecord] = []
    private var heldLines = 0
    private var atLineStart: [LogRecord.Stream: Bool] = [:]

    /// - Parameter tail: how many lines from the end are wanted; `nil` for all.
    init(timestamps: Bool, tail: Int?) throws {
        output = try StandardOutput(descriptor: 1)
        error = try StandardOutput(descriptor: 2)
        self.timestamps = timestamps
        self.tail = tail
    }

    /// Takes the next record.
    mutating func take(_ record: LogRecord) async throws {
        guard let tail else { return try await write(record) }
        held.append(record)
        heldLines += Self.newlines(record)
        // Keep just enough pieces to hold the lines that are wanted and a line that is not finished.
        while let first = held.first, heldLines - Self.newlines(first) > tail {
            heldLines -= Self.newlines(first)
            held.removeFirst()
        }
    }

    /// Takes what arrives while the log is followed.
    mutating func take(_ event: PodSession.Event) async throws {
        switch event {
        case .output(let bytes):
            try await write(LogRecord(time: Timestamp.now, stream: .output, offset: 0, bytes: bytes))
        case .error(let bytes): try await write(LogRecord(time: Timestamp.now, stream: .error, offset: 0, bytes: bytes))
        case .started, .ended: break
        }
    }

    /// Prints what was held back, at the end of the log as it is now.
    mutating func flush() async throws {
        guard let tail else { return }
        var surplus = heldLines + (endsInLine ? 1 : 0) - tail
        for record in held {
            let bytes = Self.dropLines(&surplus, of: record.bytes)
            guard tail > 0, !bytes.isEmpty else { continue }
            try await write(LogRecord(time: record.time, stream: record.stream, offset: 0, bytes: Array(bytes)))
        }
        held = []
    }

    private var endsInLine: Bool { held.last?.bytes.last.map { $0 != UInt8(ascii: "\n") } ?? false }

    private mutating func write(_ record: LogRecord) async throws {
        let bytes = timestamps ? stamped(record) : record.bytes
        try await (record.stream == .error ? error : output).write(bytes)
    }

    /// The bytes with the record's time before each line that begins in it.
    private mutating func stamped(_ record: LogRecord) -> [UInt8] {
        let stamp = Array("\(Self.format(record.time)) ".utf8)
        var result: [UInt8] = []
        var startsLine = atLineStart[record.stream] ?? true
        for byte in record.bytes {
            if startsLine { result += stamp }
            result.append(byte)
            startsLine = byte == UInt8(ascii: "\n")
        }
        atLineStart[record.stream] = startsLine
        return result
    }

    private static func format(_ time: Int64) -> String {
        Date(timeIntervalSince1970: Double(time) / 1e9).formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        )
    }

    private static func newlines(_ record: LogRecord) -> Int { record.bytes.count { $0 == UInt8(ascii: "\n") } }

    /// What follows the first lines of some bytes, as many as are surplus.
    private static func dropLines(_ surplus: inout Int, of bytes: [UInt8]) -> ArraySlice<UInt8> {
        var rest = bytes[...]
        while surplus > 0, let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            rest = rest[(newline + 1)...]
            surplus -= 1
        }
        return surplus > 0 ? [] : rest
    }
}
