/// Builds tar archives byte by byte, down to headers that no tool would write.
struct TarArchive: Sendable {
    private(set) var bytes: [UInt8] = []

    /// The archive with its end blocks.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    init(_ fill: (inout TarArchive) -> Void = { _ in }) { fill(&self) }

    /// Adds a member.
    ///
    /// - Parameters:
    ///   - claimed: the size in the header, where it shall differ from the content's.
    ///   - fields: bytes that overwrite the header's, by offset; the checksum comes after them.
    ///   - pax: records of a pax header before it.
    mutating func add(
        _ path: String,
        _ type: Character = "0",
        _ content: [UInt8] = [],
        link: String = "",
        mode: Int = 0o644,
        owner: Int = 0,
        modified: Int = 1_000_000_000,
        device: (Int, Int) = (1, 3),
        claimed: Int? = nil,
        fields: [Int: [UInt8]] = [:],
        pax: [(String, [UInt8])] = []
    ) {
        if !pax.isEmpty { add("pax", "x", pax.flatMap { Self.record($0.0, $0.1) }) }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            header.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        put(path.utf8.prefix(100), at: 0)
        for (value, offset) in [(mode, 100), (owner, 108), (owner, 116), (device.0, 329), (device.1, 337)] {
            put(Self.octal(value, 7), at: offset)
        }
        put(Self.octal(claimed ?? content.count, 11), at: 124)
        put(Self.octal(modified, 11), at: 136)
        put([type.asciiValue ?? 0x30], at: 156)
        put(link.utf8.prefix(100), at: 157)
        put("ustar\u{0}00".utf8, at: 257)
        for (offset, bytes) in fields { put(bytes, at: offset) }
        if fields[148] == nil { put(Self.octal(header.reduce(8 * 32) { $0 + Int($1) }, 6) + [0, 32], at: 148) }
        bytes += header
        append(content)
    }

    /// Adds bytes, filled up to a whole block.
    mutating func append(_ content: [UInt8]) {
        bytes += content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// Digits with leading zeros.
    static func octal(_ value: Int, _ digits: Int) -> [UInt8] {
        let text = String(value, radix: 8)
        return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }

    /// `length key=value\n`, where the length counts its own digits.
    static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let body = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
        var length = body.count + 1
        while "\(length)".utf8.count + body.count != length { length = "\(length)".utf8.count + body.count }
        return Array("\(length)".utf8) + body
    }
}

extension TarArchive {
    /// Adds a member with text instead of bytes.
    mutating func add(_ path: String, _ type: Character = "0", text: String, pax: [(String, String)] = []) {
        add(path, type, Array(text.utf8), pax: pax.map { ($0.0, Array($0.1.utf8)) })
    }

    /// Adds an empty member with text in its pax header.
    mutating func add(_ path: String, _ type: Character = "0", link: String = "", pax: KeyValuePairs<String, String>) {
        add(path, type, link: link, pax: pax.map { ($0.key, Array($0.value.utf8)) })
    }

    /// The twelve-byte fields of an old GNU sparse map.
    static func map(_ numbers: [Int]) -> [UInt8] { numbers.flatMap { octal($0, 11) + [0] } }
}
