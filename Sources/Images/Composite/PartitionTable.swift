/// A GUID partition table of the usual size, without the partitions' content (UEFI specification, chapter 5).
struct PartitionTable: Sendable {
    /// One partition, without gaps to its neighbours.
    struct Partition: Sendable {
        let name: String
        let guid: [UInt8]
        let sectors: UInt64
    }

    /// Bytes of a sector.
    static let sector = 512
    /// Entries of a table; the specification's minimum, and what every reader takes.
    static let capacity = 128
    /// Sectors before the first partition and behind the last: header, entries and the protective MBR take 34, and
    /// partitions begin at a multiple of 4096 bytes.
    static let edge: UInt64 = 40

    let guid: [UInt8]
    let partitions: [Partition]

    /// Sectors of the whole disk.
    var sectors: UInt64 { partitions.reduce(2 * Self.edge) { $0 + $1.sectors } }

    /// What comes before the first partition.
    var head: [UInt8] {
        var bytes = protectiveMBR
        bytes += header(at: 1, other: sectors - 1, entries: 2)
        bytes += entries
        return bytes + [UInt8](repeating: 0, count: Int(Self.edge) * Self.sector - bytes.count)
    }

    /// What comes behind the last partition: a second copy of the table, its header last.
    var tail: [UInt8] {
        let last = sectors - 1
        let copy = entries + header(at: last, other: 1, entries: last - Self.entrySectors)
        return [UInt8](repeating: 0, count: Int(Self.edge) * Self.sector - copy.count) + copy
    }

    private static let entryLength = 128
    private static let headerLength = 92
    private static let entrySectors = UInt64(capacity * entryLength / sector)
    /// "Linux filesystem data", 0FC63DAF-8483-4772-8E79-3D69D8477DE4 as it lies on a disk.
    private static let type: [UInt8] = [
        0xAF, 0x3D, 0xC6, 0x0F, 0x83, 0x84, 0x72, 0x47, 0x8E, 0x79, 0x3D, 0x69, 0xD8, 0x47, 0x7D, 0xE4,
    ]

    /// A partition of type 0xEE over everything, so that old tools do not take the disk for an empty one.
    private var protectiveMBR: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 446)
        bytes += [0, 0, 2, 0, 0xEE, 0xFF, 0xFF, 0xFF]
        bytes += UInt32(1).littleEndianBytes
        bytes += UInt32(clamping: sectors - 1).littleEndianBytes
        return bytes + [UInt8](repeating: 0, count: 48) + [0x55, 0xAA]
    }

    private func header(at place: UInt64, other: UInt64, entries first: UInt64) -> [UInt8] {
        let start = Array("EFI PART".utf8) + [0, 0, 1, 0] + UInt32(Self.headerLength).littleEndianBytes
        var rest = UInt32(0).littleEndianBytes
        for number in [place, other, Self.entrySectors + 2, sectors - Self.entrySectors - 2] {
            rest += number.littleEndianBytes
        }
        rest += guid + first.littleEndianBytes
        for number in [UInt32(Self.capacity), UInt32(Self.entryLength), CRC32.of(entries)] {
            rest += number.littleEndianBytes
        }
        // The header's own checksum is taken while its field is zero.
        let sum = CRC32.of(start + UInt32(0).littleEndianBytes + rest)
        let bytes = start + sum.littleEndianBytes + rest
        return bytes + [UInt8](repeating: 0, count: Self.sector - bytes.count)
    }

    private var entries: [UInt8] {
        var bytes: [UInt8] = []
        var first = Self.edge
        for partition in partitions {
            bytes += Self.type + partition.guid
            bytes += first.littleEndianBytes + (first + partition.sectors - 1).littleEndianBytes
            bytes += UInt64(0).littleEndianBytes
            let name = partition.name.utf16.prefix(36).flatMap { $0.littleEndianBytes }
            bytes += name + [UInt8](repeating: 0, count: 72 - name.count)
            first += partition.sectors
        }
        return bytes + [UInt8](repeating: 0, count: Self.capacity * Self.entryLength - bytes.count)
    }
}

extension FixedWidthInteger {
    fileprivate var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
