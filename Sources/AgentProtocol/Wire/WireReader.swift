/// Reads a message's fields in order; every length is checked before it is believed.
///
/// Integers are little-endian. A string or an array is a 32-bit count and its elements.
package struct WireReader {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// Reads `bytes` from `start` to their end.
    package init(_ bytes: [UInt8], from start: Int = 0) {
        self.bytes = bytes
        self.position = min(start, bytes.count)
        self.end = bytes.count
    }

    /// How many bytes have not been read.
    package var remaining: Int { end - position }

    /// Refuses a message with bytes left over.
    package func finish() throws(WireError) {
        guard remaining == 0 else { throw .invalid }
    }

    /// Reads an integer of any fixed width.
    package mutating func integer<T: FixedWidthInteger>(_: T.Type = T.self) throws(WireError) -> T {
        let width = T.bitWidth / 8
        guard remaining >= width else { throw .truncated }
        var value: T = 0
        for index in 0..<width {
            value |= T(truncatingIfNeeded: bytes[position + index]) << T(truncatingIfNeeded: 8 * index)
        }
        position += width
        return value
    }

    /// Reads a truth value; anything but 0 and 1 is refused.
    package mutating func bool() throws(WireError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .invalid
        }
    }

    /// Reads exactly `count` bytes.
    package mutating func raw(_ count: Int) throws(WireError) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw .truncated }
        defer { position += count }
        return [UInt8](bytes[position..<position + count])
    }

    /// Reads all bytes that are left.
    package mutating func rest() -> [UInt8] {
        defer { position = end }
        return [UInt8](bytes[position..<end])
    }

    /// Reads counted bytes.
    package mutating func bytes(max: Int = ProtocolLimits.message) throws(WireError) -> [UInt8] {
        let count = try integer(UInt32.self)
        guard count <= UInt32(max) else { throw .tooLong }
        return try raw(Int(count))
    }

    /// Reads a string.
    ///
    /// NUL bytes are refused: such a string would mean less to the kernel than to us. So is what is not UTF-8, which
    /// would silently become another string.
    package mutating func string(max: Int = ProtocolLimits.string) throws(WireError) -> String {
        let content = try bytes(max: max)
        for byte in content where byte == 0 { throw .invalid }
        let text = String(decoding: content, as: UTF8.self)
        guard text.utf8.elementsEqual(content) else { throw .invalid }
        return text
    }

    /// Reads a counted list.
    package mutating func array<T>(
        max: Int = ProtocolLimits.list,
        _ element: (inout WireReader) throws(WireError) -> T
    ) throws(WireError) -> [T] {
        let count = try integer(UInt32.self)
        guard count <= UInt32(max) else { throw .tooLong }
        var list: [T] = []
        for _ in 0..<count { list.append(try element(&self)) }
        return list
    }

    /// Reads a list of strings.
    package mutating func strings(max: Int = ProtocolLimits.list) throws(WireError) -> [String] {
        try array(max: max) { (reader: inout WireReader) throws(WireError) in try reader.string() }
    }

    /// Reads a value that may be absent.
    package mutating func optional<T>(
        _ value: (inout WireReader) throws(WireError) -> T
    ) throws(WireError) -> T? {
        try bool() ? try value(&self) : nil
    }
}
