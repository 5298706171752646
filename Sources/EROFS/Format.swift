/// Numbers of the format (kernel, fs/erofs/erofs_fs.h).
enum Format {
    static let blockSize = 4096
    static let blockBits: UInt8 = 12
    /// Inodes are addressed in units of this many bytes.
    static let slot = 32
    /// A dirent without its name.
    static let direntSize = 12
    /// Inodes of the long form: the short one has no time of its own and owners of 16 bits only.
    static let inodeSize = 64

    /// Files with holes are mapped in chunks of 64 KiB: their table costs a sixteenth of one that maps blocks, and
    /// what a hole's edges waste is little beside the hole.
    static let chunkBlockBits: UInt16 = 4
    static let chunkSize = Int64(blockSize) << Int64(chunkBlockBits)
    /// A chunk that is a hole.
    static let hole = UInt32.max

    /// How an inode's data is found, in bits 1 to 3 of `i_format`.
    enum DataLayout: UInt16 {
        case plain = 0
        /// The last part of a block lies behind the inode.
        case inline = 2
        case chunks = 4
    }

    static func roundUp(_ value: Int, to unit: Int) -> Int { (value + unit - 1) / unit * unit }
}

/// Builds little-endian records.
struct Record {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    mutating func pad(to count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: max(0, count - bytes.count)))
    }
}
