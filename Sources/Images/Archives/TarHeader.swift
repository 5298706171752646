/// A 512-byte tar header whose checksum is right.
struct TarHeader {
    private let bytes: [UInt8]
    let size: Int64

    /// Checks the sum and the size; `nil` if this is no header.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 512, Self.sum(bytes) == Self.number(bytes[148..<156]) else { return nil }
        guard let size = Self.number(bytes[124..<136]), size >= 0 else { return nil }
        self.bytes = bytes
        self.size = size
    }

    /// The type flag; the zero byte of ancient archives reads as `0`.
    var type: Character {
        bytes[156] == 0 ? "0" : Character(Unicode.Scalar(bytes[156]))
    }

    /// The name, with ustar's prefix field in front of it.
    var path: [UInt8] {
        let name = Self.text(bytes[0..<100])
        // GNU headers ("ustar  ") keep times where ustar ("ustar\0") keeps the prefix.
        guard bytes[257..<263].elementsEqual("ustar\0".utf8), bytes[345] != 0 else { return name }
        return Self.text(bytes[345..<500]) + [UInt8(ascii: "/")] + name
    }

    var isSparseExtended: Bool { type == "S" && bytes[482] != 0 }

    /// The unpacked size of an old GNU sparse file.
    var realSize: Int64? { type == "S" ? Self.number(bytes[483..<495]) : nil }

    /// The member that it describes; `nil` for a type that has no place in a layer.
    var entry: TarEntry? {
        guard var kind = kind, let mode = Self.number(bytes[100..<108]), let user = Self.number(bytes[108..<116]),
            let group = Self.number(bytes[116..<124])
        else { return nil }
        if kind == .file, path.last == UInt8(ascii: "/") { kind = .folder }
        return TarEntry(
            path: path,
            link: Self.text(bytes[157..<257]),
            kind: kind,
            mode: mode & 0o7777,
            userID: user,
            groupID: group,
            modified: Self.number(bytes[136..<148]) ?? 0
        )
    }

    private var kind: TarEntry.Kind? {
        switch type {
        case "0", "7", "S": .file
        case "1": .hardLink
        case "2": .symbolicLink
        case "3": .characterDevice
        case "4": .blockDevice
        case "5": .folder
        case "6": .pipe
        default: nil
        }
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] {
        Array(field.prefix { $0 != 0 })
    }

    /// The sum of all bytes, where the sum's own field counts as spaces.
    private static func sum(_ bytes: [UInt8]) -> Int64 {
        bytes.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int64($1.element)) }
    }

    /// Octal digits, or GNU's big-endian binary form where the first bit is set.
    static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        guard let first = field.first, first & 0x80 != 0 else { return octal(field) }
        // 0xFF starts a negative number; only times may be negative, and they are read again from the raw header.
        guard first == 0x80, field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
        let value = field.suffix(min(8, field.count - 1)).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int64(exactly: value)
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int64? {
        let isFill = { (byte: UInt8) in byte == 0 || byte == UInt8(ascii: " ") }
        let digits = field.drop(while: isFill).prefix { !isFill($0) }
        return digits.isEmpty ? 0 : Int64(String(decoding: digits, as: UTF8.self), radix: 8)
    }
}
