import Linux
import Synchronization
import SystemPackage

/// The end of a guest's console.
///
/// A guest may write for ever. QEMU keeps the last 64 KiB in a ring in its own memory, where it needs no reader and
/// survives the daemon; what is taken out of the ring is kept here and in a file of the same bound, and so survives
/// QEMU. A file written by QEMU would grow without bound, and a socket or pipe would lose all while no daemon runs.
final class ConsoleLog: Sendable {
    /// How much is kept; QEMU demands a power of two.
    static let capacity = 64 << 10

    private let path: @Sendable () -> FilePath
    private let bytes: Mutex<[UInt8]>

    /// Continues the file of an earlier daemon, if there is one; it may move with the machine's folder.
    init(_ path: @escaping @autoclosure @Sendable () -> FilePath) {
        self.path = path
        bytes = Mutex((try? WholeFile.tail(path(), limit: Self.capacity)) ?? [])
    }

    /// Adds what the guest has written, and saves the end of it all.
    func append(_ new: [UInt8]) {
        guard !new.isEmpty else { return }
        let kept = bytes.withLock { bytes in
            bytes = Array((bytes + new).suffix(Self.capacity))
            return bytes
        }
        // The file is for people after the fact; a full disk must not keep a machine from being stopped.
        try? AtomicFile.write(kept, to: path(), durable: false)
    }

    /// The last lines, the newest last.
    func lines(_ count: Int) -> [String] {
        Self.lines(bytes.withLock { $0 }, count)
    }

    /// Splits into lines that are safe to show: no control characters, no more than 500 characters.
    static func lines(_ bytes: [UInt8], _ count: Int) -> [String] {
        bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }).suffix(max(0, count)).map { line in
            let text = String(decoding: line.prefix(2000), as: UTF8.self)
            return String(
                text.unicodeScalars.filter { $0.properties.generalCategory != .control }.prefix(500).map(Character.init)
            )
        }
    }
}
