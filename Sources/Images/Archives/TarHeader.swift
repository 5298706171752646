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

    /// The beginning of an old GNU sparse file's map, the file's length, and whether the map goes on in a block.
    var sparse: (fields: ArraySlice<UInt8>, size: Int64?, continues: Bool)? {
        type == "S" ? (bytes[386..<482], Self.number(bytes[483..<495]), bytes[482] != 0) : nil
    }

    /// What the member is; `nil` for a type that has no place in a layer.
    ///
    /// - Parameter path: its final name: before POSIX a folder was a file with a slash at the end.
    func kind(path: [UInt8]) -> TarEntry.Kind? {
        switch type {
        case "0": path.last == UInt8(ascii: "/") ? .folder : .file
        case "7", "S": .file
        case "1": .hardLink
        case "2": .symbolicLink
        case "3": .characterDevice
        case "4": .blockDevice
        case "5": .folder
        case "6": .pipe
        default: nil
        }
    }

    /// The member as this header alone describes it; `nil` if a number is none.
    func entry() -> TarEntry? {
        guard let mode = Self.number(bytes[100..<108]), let user = Self.number(bytes[108..<116]),
            let group = Self.number(bytes[116..<124]), let modified = Self.number(bytes[136..<148]),
            let device = device
        else { return nil }
        return TarEntry(
            path: path,
            link: Self.text(bytes[157..<257]),
            kind: .file,
            permissions: UInt16(truncatingIfNeeded: mode) & 0o7777,
            userID: user,
            groupID: group,
            modified: modified,
            major: device.major,
            minor: device.minor
        )
    }

    /// Other members may have anything in these fields.
    private var device: (major: Int64, minor: Int64)? {
        guard type == "3" || type == "4" else { return (0, 0) }
        guard let major = Self.number(bytes[329..<337]), let minor = Self.number(bytes[337..<345]) else { return nil }
        return (major, minor)
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] {
        Array(field.prefix { $0 != 0 })
    }

    /// The sum of all bytes, where the sum's own field counts as spaces.
    private static func sum(_ bytes: [UInt8]) -> Int64 {
        var sum: Int64 = 8 * 32
        for index in bytes.indices where !(148..<156).contains(index) { sum += Int64(bytes[index]) }
        return sum
    }

    /// Octal digits, or GNU's big-endian binary form in two's complement where the first bit is set.
    static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        guard let first = field.first, first & 0x80 != 0 else { return octal(field) }
        // The second bit is the sign; the rest of the first byte belongs to the number.
        let isNegative = first & 0x40 != 0
        let top = isNegative ? first : first & 0x7F
        let digits = [top] + field.dropFirst()
        let (head, tail) = (digits.dropLast(8), digits.suffix(8))
        guard head.allSatisfy({ $0 == (isNegative ? 0xFF : 0) }) else { return nil }
        let result = Int64(bitPattern: tail.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        return (result < 0) == isNegative ? result : nil
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int64? {
        let isFill = { (byte: UInt8) in byte == 0 || byte == UInt8(ascii: " ") }
        let digits = field.drop(while: isFill).prefix { !isFill($0) }
        guard !digits.isEmpty else { return 0 }
        guard digits.count <= 21 else { return nil }
        return digits.reduce(Int64?(0)) { value, digit in
            guard let value, (0x30...0x37).contains(digit) else { return nil }
            return value.multipliedReportingOverflow(by: 8).overflow ? nil : value * 8 + Int64(digit - 0x30)
        }
    }
}
