/// How a virtual machine ended, with the last words on its console.
package struct VMExit: Sendable, Hashable, CustomStringConvertible {
    /// Why it ended.
    package enum Reason: Sendable, Hashable {
        /// The guest powered itself off.
        case shutdown
        /// The guest restarted itself; a machine is never rebooted in place.
        case reset
        /// The guest's kernel gave up; the text is its own reason.
        case panic(String)
        /// A signal killed the VMM: `kill()`, the out-of-memory killer, or an operator.
        case killed(signal: Int32)
        /// The VMM ended by itself with a status code; the text is its last words.
        case failed(code: Int32, String)
        /// It ended while nobody was its parent, and left no reason.
        case unknown
    }

    /// Why it ended.
    package let reason: Reason
    /// The last lines of the console, the newest last.
    package let console: [String]

    /// Puts together how a machine ended.
    package init(reason: Reason, console: [String]) {
        self.reason = reason
        self.console = console
    }

    package var description: String {
        let text =
            switch reason {
            case .shutdown: "guest powered off"
            case .reset: "guest restarted itself"
            case .panic(let text): "guest kernel panic: \(text)"
            case .killed(let signal): "virtual machine was killed by signal \(signal)"
            case .failed(let code, let words): "virtual machine monitor ended with status \(code): \(words)"
            case .unknown: "virtual machine is gone"
            }
        return text + Self.quote(console)
    }

    /// The end of a message that quotes a console; empty for a silent one.
    static func quote(_ console: [String]) -> String {
        let lines = console.suffix(5)
        return lines.isEmpty ? "" : "; last console lines: " + lines.joined(separator: " | ")
    }

    /// Tells a panic apart from an orderly end: the guest's kernel reports both as a reset.
    static func guestReason(_ event: String?, console: [String]) -> Reason {
        let mark = "Kernel panic - not syncing: "
        for line in console.reversed() {
            if let range = line.firstRange(of: mark) { return .panic(String(line[range.upperBound...])) }
        }
        switch event {
        case "guest-shutdown": return .shutdown
        case "guest-reset": return .reset
        case "guest-panic": return .panic("reported by the machine")
        default: return console.contains { $0.contains("reboot: Restarting") } ? .reset : .shutdown
        }
    }
}
