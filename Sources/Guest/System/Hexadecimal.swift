/// Bytes as the kernel and machine-id(5) write them: two lower-case digits each.
enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] { text.append(digit < 10 ? 48 + digit : 87 + digit) }
        }
        return text
    }

    /// The bytes of a text; what is no digit, such as the colons of a hardware address, is passed over.
    static func bytes(_ text: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        for character in text {
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(character - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digits.append(character - 87)
            default: continue
            }
        }
        var bytes: [UInt8] = []
        for index in 0..<digits.count / 2 { bytes.append(digits[2 * index] << 4 | digits[2 * index + 1]) }
        return bytes
    }
}
