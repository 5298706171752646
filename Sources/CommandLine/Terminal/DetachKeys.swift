/// The key sequence that leaves a container without ending it, in Docker's notation: `ctrl-p,ctrl-q`.
package struct DetachKeys: Equatable, Sendable {
    /// Ctrl-P, Ctrl-Q.
    package static let standard = DetachKeys(bytes: [0x10, 0x11])

    /// The bytes that the keys send, at least one.
    package let bytes: [UInt8]

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads keys separated by commas: a character of ASCII, or `ctrl-` with a letter or one of `@ [ \ ] ^ _`.
    package init(parsing text: String) throws(UsageError) {
        var bytes: [UInt8] = []
        for key in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let byte = Self.byte(of: key), bytes.count < 16 else {
                throw UsageError(
                    "\(quoted(text)) is no key sequence (write up to 16 keys such as ctrl-p,ctrl-q or ctrl-],x)"
                )
            }
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    private static func byte(of key: Substring) -> UInt8? {
        let bytes = Array(key.utf8)
        if bytes.count == 1, (0x21...0x7E).contains(bytes[0]) { return bytes[0] }
        guard bytes.count == 6, key.lowercased().hasPrefix("ctrl-"), let last = bytes.last else { return nil }
        // Control characters are what Ctrl leaves of the columns "@" to "_" and "`" to "z" of ASCII.
        guard (0x40...0x5F).contains(last) || (0x61...0x7A).contains(last) else { return nil }
        return last & 0x1F
    }
}

/// Finds the detach keys in what is typed, and lets everything else through.
package struct DetachScanner: Sendable {
    private let keys: [UInt8]
    /// The beginning of the keys, held back until it is known whether the rest follows.
    private var held: [UInt8] = []

    /// Looks for keys.
    package init(_ keys: DetachKeys) {
        self.keys = keys.bytes
    }

    /// Takes typed bytes.
    ///
    /// - Returns: what goes to the container, and whether the keys were complete; what was typed after them is dropped.
    package mutating func feed(_ bytes: [UInt8]) -> (passed: [UInt8], isDetached: Bool) {
        var passed: [UInt8] = []
        for byte in bytes {
            held.append(byte)
            while !keys.starts(with: held) { passed.append(held.removeFirst()) }
            guard held.count == keys.count else { continue }
            held = []
            return (passed, true)
        }
        return (passed, false)
    }

    /// What is held back at the end of the input: it was no detach sequence after all.
    package mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }
}
