/// Reads the small grammars of HTTP's header fields (RFC 9110, section 5.6) byte by byte, bounded by the text.
struct HeaderScanner {
    private let bytes: [UInt8]
    private var index = 0

    /// Takes a field's value; what is beyond 16 KiB does not count.
    init(_ text: some StringProtocol) {
        bytes = Array(text.utf8.prefix(16 << 10))
    }

    var isAtEnd: Bool { index >= bytes.count }

    var next: UInt8? { isAtEnd ? nil : bytes[index] }

    /// Goes over one byte if it is this one.
    mutating func take(_ byte: Character) -> Bool {
        guard let next, next == byte.asciiValue else { return false }
        index += 1
        return true
    }

    mutating func skipSpace() {
        skip { $0 == 0x20 || $0 == 0x09 }
    }

    /// Goes over the commas and spaces between the members of a list.
    mutating func skipSeparators() {
        skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
    }

    /// Goes on to a byte, or to the end.
    mutating func skip(to byte: Character) {
        skip { $0 != byte.asciiValue }
    }

    /// The characters of a token from here on; empty if there are none.
    mutating func token() -> String {
        text { Self.isTokenCharacter($0) }
    }

    /// The characters of a `token68` (RFC 9110, section 11.2), which may hold a whole credential.
    mutating func token68() -> String {
        text { Self.isTokenCharacter($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "=") }
    }

    /// What stands before a byte; `nil` if it does not come, and then the end is reached.
    mutating func text(upTo byte: Character) -> String? {
        let text = text { $0 != byte.asciiValue }
        return take(byte) ? text : nil
    }

    /// A parameter's value: a token or a quoted string, whose escapes are resolved.
    mutating func value() -> String {
        guard take("\"") else { return token() }
        var value: [UInt8] = []
        while let byte = next {
            index += 1
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\"), let escaped = next {
                value.append(escaped)
                index += 1
            } else {
                value.append(byte)
            }
        }
        return String(decoding: value, as: UTF8.self)
    }

    /// `name=value` from here on, the name in lower case.
    ///
    /// - Returns: `nil`, without a step taken, if this is something else.
    mutating func parameter() -> (name: String, value: String)? {
        let start = index
        let name = token().lowercased()
        skipSpace()
        guard !name.isEmpty, take("=") else {
            index = start
            return nil
        }
        skipSpace()
        return (name, value())
    }

    private mutating func skip(_ belongs: (UInt8) -> Bool) {
        while let next, belongs(next) { index += 1 }
    }

    private mutating func text(_ belongs: (UInt8) -> Bool) -> String {
        let start = index
        skip(belongs)
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
