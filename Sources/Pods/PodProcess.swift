/// A process of a pod's container, as its own /proc tells it.
package struct PodProcess: Codable, Sendable, Equatable {
    /// Its number in the container, and its parent's; 0 for a parent outside.
    package let id, parent: Int
    /// Its effective user's number.
    package let user: UInt32
    /// Seconds of processor time.
    package let processorSeconds: UInt64
    /// When it started, in nanoseconds since 1970.
    package let started: Int64
    /// Its command line, or its name in brackets where it has none.
    package let command: String
    /// Threads, the first included.
    let threads: Int

    /// Ticks of a second in /proc (`USER_HZ`), the same on all machines that we run.
    private static let ticks: UInt64 = 100

    /// Reads the files of a process.
    ///
    /// - Parameters:
    ///   - stat: /proc/PID/stat (proc_pid_stat(5)).
    ///   - status: /proc/PID/status, for the user.
    ///   - commandLine: /proc/PID/cmdline.
    ///   - boot: when the machine started, in nanoseconds since 1970.
    /// - Returns: `nil` for what is no such file.
    init?(stat: String, status: String, commandLine: [UInt8], boot: Int64) {
        // A name may hold blanks and brackets, but nothing behind it does.
        guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close else { return nil }
        let fields = stat[stat.index(after: close)...].split(whereSeparator: \.isWhitespace)
        guard let id = Int(stat[..<open].split(separator: " ").first ?? ""), fields.count > 19,
            let parent = Int(fields[1]), let user = UInt32(fields[11]), let system = UInt32(fields[12]),
            let threads = UInt16(fields[17]), let start = UInt32(fields[19])
        else { return nil }
        (self.id, self.parent, self.threads) = (id, parent, Int(threads))
        processorSeconds = (UInt64(user) + UInt64(system)) / Self.ticks
        started = boot + Int64(start) * Int64(1_000_000_000 / Self.ticks)
        self.user = Self.user(status)
        let words = commandLine.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        command = words.isEmpty ? "[\(stat[stat.index(after: open)..<close])]" : words.joined(separator: " ")
    }

    /// The second number of `Uid:` is the effective one.
    private static func user(_ status: String) -> UInt32 {
        let line = status.split(separator: "\n").first { $0.hasPrefix("Uid:") } ?? ""
        let numbers = line.split(whereSeparator: \.isWhitespace)
        return numbers.count > 2 ? UInt32(numbers[2]) ?? 0 : 0
    }
}
