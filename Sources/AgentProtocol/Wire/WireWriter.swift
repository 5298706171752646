/// Writes a message's fields in order; the counterpart of `WireReader`.
package struct WireWriter {
    /// What has been written.
    package private(set) var bytes: [UInt8] = []

    /// An empty message.
    package init() {}

    /// Writes an integer of any fixed width.
    package mutating func integer<T: FixedWidthInteger>(_ value: T) {
        for index in 0..<(T.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> T(truncatingIfNeeded: 8 * index)))
        }
    }

    /// Writes a truth value.
    package mutating func bool(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Writes bytes without a count.
    package mutating func raw(_ content: [UInt8]) { bytes.append(contentsOf: content) }

    /// Writes counted bytes.
    package mutating func bytes(_ content: [UInt8]) {
        integer(UInt32(content.count))
        bytes.append(contentsOf: content)
    }

    /// Writes a string.
    package mutating func string(_ value: String) { bytes([UInt8](value.utf8)) }

    /// Writes a counted list.
    package mutating func array<T>(_ list: [T], _ element: (inout WireWriter, T) -> Void) {
        integer(UInt32(list.count))
        for item in list { element(&self, item) }
    }

    /// Writes a list of strings.
    package mutating func strings(_ list: [String]) {
        array(list) { $0.string($1) }
    }

    /// Writes a value that may be absent.
    package mutating func optional<T>(_ value: T?, _ write: (inout WireWriter, T) -> Void) {
        bool(value != nil)
        if let value { write(&self, value) }
    }
}

/// A message's part that has one form on the wire.
package protocol WireCodable {
    /// Reads the value.
    init(from reader: inout WireReader) throws(WireError)
    /// Writes the value.
    func encode(to writer: inout WireWriter)
}

extension WireReader {
    /// Reads a composed value.
    package mutating func value<T: WireCodable>(_: T.Type = T.self) throws(WireError) -> T { try T(from: &self) }

    /// Reads a list of composed values.
    package mutating func values<T: WireCodable>(
        _: T.Type = T.self,
        max: Int = ProtocolLimits.list
    ) throws(WireError) -> [T] {
        try array(max: max) { (reader: inout WireReader) throws(WireError) in try T(from: &reader) }
    }
}

extension WireWriter {
    /// Writes a composed value.
    package mutating func value<T: WireCodable>(_ value: T) { value.encode(to: &self) }

    /// Writes a list of composed values.
    package mutating func values<T: WireCodable>(_ list: [T]) {
        array(list) { $1.encode(to: &$0) }
    }
}
