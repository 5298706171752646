import FoundationEssentials
import Linux
import SystemPackage

/// The writing end of a pod's log: records in a file that is rotated once it is large.
///
/// Two files of `rotationSize` at most, so that no pod can fill the host's disk by talking.
final class LogFile {
    /// When a file is full.
    static let rotationSize = 16 << 20
    /// The most bytes of one record.
    static let recordBound = 1 << 20

    private let path: FilePath
    private let rotationSize: Int
    private var file: FileDescriptor
    private var size: Int
    /// How much of each stream is in the log.
    private(set) var outputEnd: UInt64 = 0
    private(set) var errorEnd: UInt64 = 0

    /// Opens a log, or continues one: a record that a crash has torn is cut off.
    init(_ path: FilePath, rotationSize: Int = LogFile.rotationSize) throws {
        self.path = path
        self.rotationSize = rotationSize
        file = try LogFile.open(path)
        size = 0
        for old in [LogFile.rotated(path), path] { size = try scan(old) }
        try file.resize(to: Int64(size))
        try file.seek(offset: 0, from: .end)
    }

    deinit { try? file.close() }

    /// Adds a record; it is with the kernel when the call returns.
    func append(_ record: LogRecord) throws {
        if size > 0, size + record.encoded.count > rotationSize { try rotate(at: record.time) }
        try write(record)
        note(record)
    }

    private func write(_ record: LogRecord) throws {
        let bytes = record.encoded
        try file.writeAll(bytes)
        size += bytes.count
    }

    /// How much of each stream is in a log.
    static func ends(of path: FilePath) throws -> (output: UInt64, error: UInt64) {
        let log = try LogFile(path)
        return (log.outputEnd, log.errorEnd)
    }

    /// Where the older half of a log is.
    static func rotated(_ path: FilePath) -> FilePath { FilePath(path.string + ".1") }

    private func note(_ record: LogRecord) {
        switch record.stream {
        case .output: outputEnd = max(outputEnd, record.end)
        case .error: errorEnd = max(errorEnd, record.end)
        }
    }

    private func rotate(at time: Int64) throws {
        try file.close()
        let old = LogFile.rotated(path)
        _ = try? FileManager.default.removeItem(atPath: old.string)
        try FileManager.default.moveItem(atPath: path.string, toPath: old.string)
        file = try LogFile.open(path)
        size = 0
        // The last record of a quiet stream is thrown away some day; where the stream is must outlive it.
        try write(LogRecord(time: time, stream: .output, offset: outputEnd, bytes: []))
        try write(LogRecord(time: time, stream: .error, offset: errorEnd, bytes: []))
    }

    /// Reads a file's records for their offsets.
    ///
    /// - Returns: the bytes that are whole records.
    private func scan(_ path: FilePath) throws -> Int {
        guard let reader = try LogReader.FileReader(path) else { return 0 }
        while let record = try reader.next() { note(record) }
        return reader.parsedCount
    }

    private static func open(_ path: FilePath) throws -> FileDescriptor {
        try FileDescriptor.open(
            path,
            .writeOnly,
            options: [.create, .closeOnExec],
            permissions: [.ownerReadWrite]
        )
    }
}
