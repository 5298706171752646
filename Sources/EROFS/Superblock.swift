/// The first block of a disk; what describes it begins at byte 1024 (erofs_fs.h, `erofs_super_block`).
struct Superblock {
    private static let offset = 1024
    private static let magic: UInt32 = 0xE0F5_E1E2
    /// Checksummed, and times are those of modification.
    private static let compatible: UInt32 = 1 | 2
    /// Files may be mapped in chunks.
    private static let incompatible: UInt32 = 4

    let root: UInt16
    let inodes: UInt64
    let blocks: UInt32
    let metadataBlock: UInt32
    let uuid: [UInt8]

    /// The whole block.
    var bytes: [UInt8] {
        var record = record(checksum: 0)
        let checksum = CRC32C.checksum(record.bytes[Self.offset...])
        record = self.record(checksum: checksum)
        return record.bytes
    }

    private func record(checksum: UInt32) -> Record {
        var record = Record()
        record.pad(to: Self.offset)
        record.put(Self.magic)
        record.put(checksum)
        record.put(Self.compatible)
        record.put(Format.blockBits)
        record.put(UInt8(0))
        record.put(root)
        record.put(inodes)
        // The time of building: always the same, so that equal trees make equal disks.
        record.put(UInt64(0))
        record.put(UInt32(0))
        record.put(blocks)
        record.put(metadataBlock)
        record.put(UInt32(0))
        record.put(uuid)
        record.put([UInt8](repeating: 0, count: 16))
        record.put(Self.incompatible)
        record.pad(to: Format.blockSize)
        return record
    }
}

/// The checksum of the superblock: CRC-32C, polynomial 0x1EDC6F41 reflected, without the final inversion, as the
/// kernel's `crc32c(~0, …)`.
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { (byte: UInt32) in
        (0..<8).reduce(byte) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }
}
