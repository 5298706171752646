/// What part of a document a partial answer holds (`Content-Range: bytes 5-9/10`, RFC 9110, section 14.4).
struct ContentRange: Equatable, Sendable {
    let first: Int64
    let last: Int64
    /// The whole document's length, where the server says it.
    let total: Int64?

    /// Parses the field; `nil` if it is none, or contradicts itself.
    init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
        let halves = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let ends = Self.ends(halves[0]) else { return nil }
        let total = Self.number(halves[1])
        guard total != nil || halves[1] == "*", total.map({ ends.last < $0 }) ?? true else { return nil }
        (first, last) = ends
        self.total = total
    }

    /// What a registry has of an upload (`Range: 0-1023`; some write `bytes=` before it).
    ///
    /// - Returns: the position of the last byte. It does not tell 0 bytes from one, as both are `0-0`.
    static func lastByte(ofUpload text: String) -> Int64? {
        let range = text.hasPrefix("bytes=") ? text.dropFirst(6) : text[...]
        guard let ends = ends(range), ends.first == 0 else { return nil }
        return ends.last
    }

    private static func ends(_ text: Substring) -> (first: Int64, last: Int64)? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]), first <= last else {
            return nil
        }
        return (first, last)
    }

    /// Digits alone: `Int64` would also take a sign.
    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }
}
