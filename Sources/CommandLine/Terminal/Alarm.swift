import Glibc
import Linux
import SystemPackage

/// Wakes a thread that waits in `poll(2)`, also one that waits for a descriptor.
struct Alarm: ~Copyable, Sendable {
    private let reader: OwnedFD
    private let writer: OwnedFD

    init() throws(LinuxError) {
        do throws(Errno) {
            let ends = try FileDescriptor.pipe(options: [.closeOnExec, .nonBlocking])
            reader = OwnedFD(taking: ends.readEnd.rawValue)
            writer = OwnedFD(taking: ends.writeEnd.rawValue)
        } catch {
            throw LinuxError(stage: "make a pipe", errno: error)
        }
    }

    /// Ends the present wait, or the next one.
    func wake() {
        // A full pipe holds wake-ups enough.
        _ = write(writer.rawValue, [1], 1)
    }

    /// Waits until somebody calls `wake`, or until a descriptor has something to read (its end included).
    ///
    /// - Returns: whether reading the descriptor would not block.
    func wait(for descriptor: Int32 = -1) -> Bool {
        var entries = [
            pollfd(fd: reader.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&entries, 2, -1) > 0 else { return false }
        if entries[0].revents != 0 { drain() }
        return entries[1].revents != 0
    }

    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 64)
        while read(reader.rawValue, &buffer, buffer.count) > 0 {}
    }
}
