import FoundationEssentials
import Pods

/// Prints a log as its streams, whole or from its last lines on.
struct LogPrinter {
    private let timestamps: Bool
    private let output: StandardOutput
    private let error: StandardOutput
    /// What is held back as long as only the end of the log is wanted.
    private var tail: LogTail?
    private var atLineStart: [LogRecord.Stream: Bool] = [:]

    /// - Parameters:
    ///   - tail: how many lines from the end are wanted; `nil` for all.
    ///   - descriptors: where the two streams go.
    init(timestamps: Bool, tail: Int?, to descriptors: (output: Int32, error: Int32) = (1, 2)) throws {
        output = try StandardOutput(descriptor: descriptors.output)
        error = try StandardOutput(descriptor: descriptors.error)
        self.timestamps = timestamps
        self.tail = tail.map { LogTail(limit: $0) }
    }

    /// Takes the next record.
    mutating func take(_ record: LogRecord) async throws {
        guard tail == nil else {
            tail?.take(record)
            return
        }
        try await write(record)
    }

    /// Takes what arrives while the log is followed.
    mutating func take(_ event: PodSession.Event) async throws {
        switch event {
        case .output(let bytes):
            try await write(LogRecord(time: Timestamp.now, stream: .output, offset: 0, bytes: bytes))
        case .error(let bytes): try await write(LogRecord(time: Timestamp.now, stream: .error, offset: 0, bytes: bytes))
        case .started, .trace, .ended: break
        }
    }

    /// Prints what was held back, at the end of the log as it is now.
    mutating func flush() async throws {
        let records = tail?.records ?? []
        tail = nil
        for record in records { try await write(record) }
    }

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
}
