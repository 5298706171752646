import CLinux
import SystemPackage

/// A process, told apart from a later one that got the same number.
///
/// Pids are reused; the pair of pid and start time (in clock ticks after the host's boot, field 22 of
/// `/proc/PID/stat`, proc(5)) is not, within one boot. It can be written to disk and recognised by another daemon.
package struct ProcessIdentity: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The process number.
    package let pid: Int32
    /// Clock ticks between the host's boot and the process's start.
    package let startTime: UInt64

    /// Restores an identity that was recorded.
    package init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// Reads the identity of the process that has a number now; a zombie counts.
    package init(of pid: Int32) throws(LinuxError) {
        guard let stat = try Self.stat(pid) else {
            throw LinuxError(stage: "look up process \(pid)", errno: .noSuchProcess)
        }
        self.init(pid: pid, startTime: stat.startTime)
    }

    /// Whether the process exists and has not ended; a zombie has ended.
    package var isAlive: Bool {
        guard let stat = try? Self.stat(pid) else { return false }
        return stat.startTime == startTime && stat.state != "Z" && stat.state != "X"
    }

    package var description: String { "process \(pid)" }

    private static func stat(_ pid: Int32) throws(LinuxError) -> (state: Character, startTime: UInt64)? {
        guard pid > 0 else { return nil }
        let text: String
        do throws(LinuxError) {
            text = try ProcFile.read(FilePath("/proc/\(pid)/stat"))
        } catch  where error.errno == .noSuchFileOrDirectory || error.errno == .noSuchProcess {
            return nil
        }
        // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let start = UInt64(fields[19]) else { return nil }
        return (state, start)
    }
}
