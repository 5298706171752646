package import AgentProtocol

extension ResourceLimit {
    /// The names of `getrlimit(2)` in the kernel's order, in lower case and without `RLIMIT_`.
    package static let names = [
        "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending",
        "msgqueue", "nice", "rtprio", "rttime",
    ]

    /// Reads Docker's `--ulimit` form `name=soft[:hard]`; the hard limit is the soft one when it is left out.
    ///
    /// `-1` and `unlimited` mean no limit.
    package init(parsing text: String) throws(SandboxError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw SandboxError(.invalid, "\(quoted(text)) is no resource limit (write it as nofile=1024:2048)")
        }
        let values = parts[1].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let soft = try Self.value(values[0], in: text)
        let hard = try values.count == 2 ? Self.value(values[1], in: text) : soft
        guard soft <= hard else {
            throw SandboxError(
                .invalid,
                "resource limit \(quoted(text)) has a soft limit above the hard one (swap the two)"
            )
        }
        self.init(resource: try Self.number(parts[0]), soft: soft, hard: hard)
    }

    private static func number(_ name: Substring) throws(SandboxError) -> UInt32 {
        var name = name.lowercased()
        if name.hasPrefix("rlimit_") { name.removeFirst(7) }
        guard let number = names.firstIndex(of: name) else {
            throw SandboxError(
                .invalid,
                "there is no resource limit \(quoted(name)) (use one of \(names.joined(separator: ", ")))"
            )
        }
        return UInt32(number)
    }

    private static func value(_ text: Substring, in whole: String) throws(SandboxError) -> UInt64 {
        if text == "-1" || text == "unlimited" { return .max }
        guard !text.hasPrefix("+"), let value = UInt64(text) else {
            throw SandboxError(
                .invalid,
                "resource limit \(quoted(whole)) has no number after \"=\" (use digits, or -1 for no limit)"
            )
        }
        return value
    }
}
