extension PodSpec {
    /// The least memory that a limit may leave a container, as with Docker.
    private static let smallestMemory: UInt64 = 6 << 20
    /// What Linux allows for a host name (`HOST_NAME_MAX`), less one for the agent's bound.
    private static let longestHostname = 63
    /// What the agent protocol allows for `user:group`.
    private static let longestUser = 256

    /// Refuses what a guest would refuse later and with fewer words.
    func validate() throws(PodsError) {
        try options?.validate()
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
        try validateLife()
    }

    private func validateLife() throws(PodsError) {
        guard restart == .no || !autoRemove else {
            throw PodsError(
                .invalid,
                "a container that is removed when it ends cannot start again (leave out --rm or --restart)"
            )
        }
        if let stopSignal, !(1...64).contains(stopSignal) {
            throw PodsError(.invalid, "there is no signal \(stopSignal) (use 1 to 64)")
        }
        if let writableSize, !Self.writableSizes.contains(writableSize) || writableSize % 4096 != 0 {
            throw PodsError(
                .invalid,
                "a disk of \(writableSize) bytes for changes cannot be made (use 128 MiB to 8 TiB, in steps of 4 KiB)"
            )
        }
        let size = labels.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard !labels.keys.contains(""), labels.count <= 1000, size <= Self.mostLabels else {
            throw PodsError(.invalid, "these labels cannot be (use up to 1000 with names, of 256 KiB together)")
        }
    }

    /// Less has no room for a journal; ext4 has 16 TiB with blocks of 4 KiB.
    private static let writableSizes: ClosedRange<UInt64> = 128 << 20...8 << 40
    private static let mostLabels = 256 << 10

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
