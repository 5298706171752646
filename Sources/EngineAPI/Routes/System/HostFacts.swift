import FoundationEssentials
import Linux
import SystemPackage

/// What the machine says about itself.
enum HostFacts {
    /// The running kernel's release.
    static var kernel: String { line("/proc/sys/kernel/osrelease") }

    /// The machine's name.
    static var name: String { line("/proc/sys/kernel/hostname") }

    /// The distribution's name for people (os-release(5)).
    static var operatingSystem: String {
        let lines = ((try? ProcFile.read("/etc/os-release")) ?? "").split(separator: "\n")
        let value = lines.first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst(12)
        return value.map { $0.trimming(while: { $0 == "\"" || $0 == "'" }) } ?? "Linux"
    }

    /// The node's id: made up when it is asked for first, and the same from then on.
    static func id(_ file: FilePath) throws -> String {
        if let known = try? ProcFile.read(file), let id = UUID(uuidString: known.trimming(while: \.isWhitespace)) {
            return id.uuidString.lowercased()
        }
        let id = UUID().uuidString.lowercased()
        try AtomicFile.write(Array((id + "\n").utf8), to: file)
        return id
    }

    private static func line(_ path: FilePath) -> String {
        ((try? ProcFile.read(path)) ?? "").trimming(while: \.isWhitespace)
    }
}

extension StringProtocol {
    /// The text without such characters at either end.
    func trimming(while isGone: (Character) -> Bool) -> String {
        var rest = self[...]
        while let first = rest.first, isGone(first) { rest = rest.dropFirst() }
        while let last = rest.last, isGone(last) { rest = rest.dropLast() }
        return String(rest)
    }
}
