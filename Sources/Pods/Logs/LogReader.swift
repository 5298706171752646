import Linux
import SystemPackage

/// The reading end of a pod's log.
final class LogReader {
    private let path: FilePath
    private var current: FileReader?
    private var readsOld = true

    /// Reads a log from its beginning.
    init(_ path: FilePath) {
        self.path = path
    }

    /// The next record, or `nil` at the end for now.
    func next() throws -> LogRecord? {
        while let record = try nextOfAny() {
            // A record without bytes only says where a stream is.
            if !record.bytes.isEmpty { return record }
        }
        return nil
    }

    private func nextOfAny() throws -> LogRecord? {
        while true {
            if current == nil { current = try open() }
            guard let reader = current else { return nil }
            if let record = try reader.next() { return record }
            // A reader of the rotated file goes on in the new one; of the newest it stays.
            guard try reader.isRotated(from: path) else { return nil }
            // From now on nothing is added to its file, but something may have been since it was read.
            if let record = try reader.next() { return record }
            readsOld = try reader.isRotated(from: LogFile.rotated(path))
            current = nil
        }
    }

    /// The older file first, unless it has been read.
    private func open() throws -> FileReader? {
        defer { readsOld = false }
        if readsOld, let old = try FileReader(LogFile.rotated(path)) { return old }
        return try FileReader(path)
    }

    /// Reads one file.
    final class FileReader {
        private let file: FileDescriptor
        private var parser = LogParser()

        /// `nil` when there is no such file.
        init?(_ path: FilePath) throws {
            do {
                file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            } catch Errno.noSuchFileOrDirectory {
                return nil
            }
        }

        deinit { try? file.close() }

        var parsedCount: Int { parser.parsedCount }

        func next() throws -> LogRecord? {
            while true {
                if let record = parser.next() { return record }
                let bytes = try [UInt8](unsafeUninitializedCapacity: 64 * 1024) { memory, count in
                    count = try file.read(into: UnsafeMutableRawBufferPointer(memory))
                }
                guard !bytes.isEmpty else { return nil }
                parser.append(bytes)
            }
        }

        /// Whether another file is at the path now.
        func isRotated(from path: FilePath) throws -> Bool {
            guard let newest = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return false }
            defer { try? newest.close() }
            return try FileIdentity(file) != FileIdentity(newest)
        }
    }
}
