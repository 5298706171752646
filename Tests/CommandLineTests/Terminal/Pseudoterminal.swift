import Glibc
import SystemPackage

/// A terminal for tests: what the user types is written to `user`, the program has `program`.
final class Pseudoterminal: Sendable {
    let user: FileDescriptor
    let program: FileDescriptor

    init(rows: UInt16 = 24, columns: UInt16 = 80) throws {
        var (master, slave) = (Int32(-1), Int32(-1))
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&master, &slave, nil, nil, &size) == 0 else { throw Errno(rawValue: errno) }
        user = FileDescriptor(rawValue: master)
        program = FileDescriptor(rawValue: slave)
    }

    deinit {
        try? user.close()
        try? program.close()
    }

    /// Whether keys are echoed and lines are edited, as a shell wants it.
    var isCooked: Bool {
        var settings = termios()
        guard tcgetattr(program.rawValue, &settings) == 0 else { return false }
        return settings.c_lflag & tcflag_t(ECHO | ICANON | ISIG) == tcflag_t(ECHO | ICANON | ISIG)
    }
}

/// A pipe for tests, whose ends are closed with it or before.
final class TestPipe {
    let reader: FileDescriptor
    let writer: FileDescriptor
    private var open: [FileDescriptor]

    init() throws {
        let ends = try FileDescriptor.pipe(options: [.closeOnExec])
        (reader, writer, open) = (ends.readEnd, ends.writeEnd, [ends.readEnd, ends.writeEnd])
    }

    deinit {
        for end in open { try? end.close() }
    }

    func close(_ end: FileDescriptor) throws {
        open.removeAll { $0 == end }
        try end.close()
    }
}

extension FileDescriptor {
    func put(_ text: String) throws {
        try writeAll(text.utf8)
    }

    /// Reads what is there, at most so many bytes.
    func take(_ count: Int) throws -> String {
        var buffer = [UInt8](repeating: 0, count: count)
        let read = try buffer.withUnsafeMutableBytes { bytes throws -> Int in try self.read(into: bytes) }
        return String(decoding: buffer.prefix(read), as: UTF8.self)
    }

    func setNonBlocking() throws {
        guard fcntl(rawValue, F_SETFL, O_NONBLOCK) == 0 else { throw Errno(rawValue: errno) }
    }
}
