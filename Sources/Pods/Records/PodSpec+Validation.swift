extension PodSpec {
    /// The least memory that a limit may leave a container, as with Docker.
    private static let smallestMemory: UInt64 = 6 << 20
    /// What Linux allows for a host name (`HOST_NAME_MAX`), less one for the agent's bound.
    private static let longestHostname = 63
    /// What the agent protocol allows for `user:group`.
    private static let longestUser = 256

    /// Refuses what a guest would refuse later and with fewer words.
    func validate() throws(PodsError) {
        if let memory, memory < Self.smallestMemory {
            throw PodsError(.invalid, "a memory limit of \(memory) bytes is too small (use 6m or more)")
        }
        if let hostname, !Self.isHostname(hostname) {
            throw PodsError(
                .invalid,
                "\"\(hostname)\" is no host name (use up to \(Self.longestHostname) letters, digits, \"-\" and \".\")"
            )
        }
        if let user, user.utf8.count > Self.longestUser {
            throw PodsError(.invalid, "a user of \(user.utf8.count) bytes is too long (use up to \(Self.longestUser))")
        }
    }

    private static func isHostname(_ text: String) -> Bool {
        (1...longestHostname).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
