/// A 64-bit little-endian ELF file, as far as its sections: enough to read what a kernel module says of itself.
struct ELFObject {
    private let bytes: [UInt8]
    private let table: Int
    private let entrySize: Int
    private let count: Int
    private let names: Int

    /// Checks the header (ELF-64 object file format, "ELF header"); `nil` for any other file.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return nil }
        self.bytes = bytes
        table = Int(truncatingIfNeeded: bytes.littleEndian(at: 40, 8) ?? 0)
        entrySize = Int(bytes.littleEndian(at: 58, 2) ?? 0)
        count = Int(bytes.littleEndian(at: 60, 2) ?? 0)
        names = Int(bytes.littleEndian(at: 62, 2) ?? 0)
        guard table > 0, table < bytes.count, entrySize >= 64, names < count else { return nil }
    }

    /// The content of the first section of a name.
    func section(_ name: String) -> ArraySlice<UInt8>? {
        guard let strings = content(names) else { return nil }
        for index in 0..<count {
            guard let offset = field(index, 0, 4) else { return nil }
            guard offset < strings.count else { continue }
            if strings.dropFirst(Int(offset)).prefix(while: { $0 != 0 }).elementsEqual(name.utf8) {
                return content(index)
            }
        }
        return nil
    }

    private func content(_ index: Int) -> ArraySlice<UInt8>? {
        guard let offset = field(index, 24, 8), let size = field(index, 32, 8) else { return nil }
        guard offset <= bytes.count, size <= UInt64(bytes.count) - offset else { return nil }
        return bytes[Int(offset)..<Int(offset + size)]
    }

    private func field(_ index: Int, _ offset: Int, _ width: Int) -> UInt64? {
        bytes.littleEndian(at: table + index * entrySize + offset, width)
    }
}

extension [UInt8] {
    /// An unsigned number of some bytes; `nil` past the end.
    func littleEndian(at offset: Int, _ width: Int) -> UInt64? {
        guard offset >= 0, offset <= count - width else { return nil }
        return self[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
