import AgentProtocol
import Linux
import Sandboxes

extension PodSpec.Options {
    /// The agent protocol's bounds of lists and texts (docs/agent-protocol.md).
    private static let (mostOfAKind, mostLimits, mostGroups, longestText) = (200, 16, 1024, 4000)

    /// Refuses what a guest would refuse later and with fewer words.
    func validate() throws(PodsError) {
        _ = try confinement()
        _ = try resourceLimits()
        try checkCounts()
        for folder in tmpfs { _ = try folder.mount() }
        for (name, value) in sysctls { try Self.checkSysctl(name, value) }
        for host in hosts { try Self.checkHost(host) }
        for text in resolver.servers + resolver.search + resolver.options {
            try Self.checkWord(text, of: "resolv.conf")
        }
        if let domain { try Self.checkWord(domain, of: "the domain name") }
        for path in (maskedPaths ?? []) + (readOnlyPaths ?? []) { try Self.checkPath(path) }
        guard (-1000...1000).contains(oomScoreAdjustment) else {
            throw PodsError(
                .invalid,
                "an OOM score adjustment of \(oomScoreAdjustment) is out of range (use -1000 to 1000)"
            )
        }
    }

    private func checkCounts() throws(PodsError) {
        let counts = [
            ("tmpfs mounts", tmpfs.count, Self.mostOfAKind), ("sysctls", sysctls.count, Self.mostOfAKind),
            ("limits", limits.count, Self.mostLimits), ("groups", groups.count, Self.mostGroups),
            ("hosts", hosts.count, Self.mostOfAKind), ("masked paths", maskedPaths?.count ?? 0, Self.mostOfAKind),
            ("read-only paths", readOnlyPaths?.count ?? 0, Self.mostOfAKind),
            ("name servers", resolver.servers.count, Self.mostLimits),
        ]
        for (what, count, most) in counts where count > most {
            throw PodsError(.invalid, "\(count) \(what) are too many (use up to \(most))")
        }
    }

    private static func checkSysctl(_ name: String, _ value: String) throws(PodsError) {
        let isName = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "/") || isLetterOrDigit(byte)
        }
        guard (1...256).contains(name.utf8.count), isName, !name.hasPrefix("/"), !name.contains("..") else {
            throw PodsError(.invalid, "\(quoted(name)) is no kernel setting (use a name such as net.ipv4.ip_forward)")
        }
        guard value.utf8.count <= longestText else {
            throw PodsError(.invalid, "the value of kernel setting \(quoted(name)) is too long")
        }
    }

    private static func checkHost(_ host: Host) throws(PodsError) {
        try checkWord(host.name, of: "/etc/hosts")
        guard !host.address.isEmpty, host.address.utf8.count <= 45,
            host.address.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") })
        else {
            throw PodsError(.invalid, "\(quoted(host.address)) is no address for host \(quoted(host.name))")
        }
    }

    /// One word of a line of a file: blanks and line ends would make it another.
    private static func checkWord(_ text: String, of file: String) throws(PodsError) {
        guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw PodsError(.invalid, "\(quoted(text)) cannot be part of \(file) (use up to 256 letters and digits)")
        }
    }

    static func checkPath(_ path: String) throws(PodsError) {
        guard path.hasPrefix("/"), path.utf8.count <= longestText, !path.utf8.contains(0) else {
            throw PodsError(.invalid, "\(quoted(path)) is no absolute path")
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
