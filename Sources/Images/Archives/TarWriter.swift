/// Makes the bytes of members that a rewritten layer has and its archive has not.
enum TarWriter {
    /// The end of an archive.
    static let end = [UInt8](repeating: 0, count: 1024)

    /// One member without data; name, owner and attributes go in a pax header, where their size does not matter.
    static func member(_ entry: TarEntry, attributes: [(name: String, value: String)] = []) -> [UInt8] {
        var records = record("path", entry.path)
        records += record("uid", Array("\(entry.userID)".utf8)) + record("gid", Array("\(entry.groupID)".utf8))
        for attribute in attributes {
            records += record("SCHILY.xattr.\(attribute.name)", Array(attribute.value.utf8))
        }
        let padding = [UInt8](repeating: 0, count: (512 - records.count % 512) % 512)
        let type: Character = entry.kind == .folder ? "5" : "3"
        return header("x", size: records.count, mode: 0o644, modified: 0) + records + padding
            + header(type, size: 0, mode: entry.mode, modified: entry.modified)
    }

    /// `length key=value\n`, where the length counts its own digits.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let body = [UInt8(ascii: " ")] + Array(key.utf8) + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
        var length = body.count
        while "\(length)".utf8.count + body.count != length { length = "\(length)".utf8.count + body.count }
        return Array("\(length)".utf8) + body
    }

    private static func header(_ type: Character, size: Int, mode: Int64, modified: Int64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            bytes.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        put("entry", at: 0)
        put(octal(mode, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(Int64(size), digits: 11), at: 124)
        put(octal(max(0, modified), digits: 11), at: 136)
        put("        " + String(type), at: 148)
        put("ustar\u{0}00", at: 257)
        put(octal(0, digits: 7), at: 329)
        put(octal(0, digits: 7), at: 337)
        put(octal(bytes.reduce(0) { $0 + Int64($1) }, digits: 6) + "\u{0}", at: 148)
        return bytes
    }

    private static func octal(_ value: Int64, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text.suffix(digits)
    }
}
