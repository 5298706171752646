/// The header of a file in a tar archive that we write (POSIX ustar).
enum TarHeader {
    private static let block = 512
    /// What a size of eleven octal digits can tell; larger ones are binary, as GNU and Go write and read them.
    private static let largestOctal: UInt64 = 1 << 33

    /// - Parameter name: at most 100 bytes; what is longer goes into a pax header before it.
    static func file(_ name: String, size: UInt64, mode: UInt32, modified: Int64) -> [UInt8] {
        guard name.utf8.count > 100 else {
            return header(Array(name.utf8), size: size, mode: mode, modified: modified, type: UInt8(ascii: "0"))
        }
        let record = paxRecord("path", name)
        let pax = header(
            Array("pax".utf8),
            size: UInt64(record.count),
            mode: 0o644,
            modified: modified,
            type: UInt8(ascii: "x")
        )
        let short = header(
            Array(name.utf8.prefix(100)),
            size: size,
            mode: mode,
            modified: modified,
            type: UInt8(ascii: "0")
        )
        return pax + record + padding(after: UInt64(record.count)) + short
    }

    /// The zeros behind content of a size.
    static func padding(after size: UInt64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int((UInt64(block) - size % UInt64(block)) % UInt64(block)))
    }

    /// Two blocks of zeros.
    static let end = [UInt8](repeating: 0, count: 2 * block)

    private static func header(_ name: [UInt8], size: UInt64, mode: UInt32, modified: Int64, type: UInt8) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: block)
        func put(_ field: [UInt8], at offset: Int) {
            bytes.replaceSubrange(offset..<(offset + field.count), with: field)
        }
        put(name, at: 0)
        put(octal(UInt64(mode), 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(size < largestOctal ? octal(size, 11) : binary(size), at: 124)
        put(octal(UInt64(max(0, modified)), 11), at: 136)
        put(Array("        ".utf8), at: 148)
        bytes[156] = type
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(octal(bytes.reduce(0) { $0 + UInt64($1) }, 6) + [0], at: 148)
        return bytes
    }

    private static func octal(_ value: UInt64, _ digits: Int) -> [UInt8] {
        (0..<digits).map { UInt8(ascii: "0") + UInt8(value >> (3 * UInt64(digits - 1 - $0)) & 7) }
    }

    private static func binary(_ value: UInt64) -> [UInt8] {
        [0x80, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
    }

    /// A record tells its own length, its digits included.
    private static func paxRecord(_ name: String, _ value: String) -> [UInt8] {
        let rest = " \(name)=\(value)\n".utf8.count
        var length = rest + String(rest).utf8.count
        length = rest + String(length).utf8.count
        return Array("\(length) \(name)=\(value)\n".utf8)
    }
}
