import SystemPackage

/// What tells a whole layer disk from a damaged one without reading all of it.
enum RootDisk {
    /// EROFS keeps its superblock 1024 bytes into the disk; it starts with 0xE0F5E1E2, little-endian
    /// (kernel, fs/erofs/erofs_fs.h).
    private static let magic: [UInt8] = [0xE2, 0xE1, 0xF5, 0xE0]

    /// Whether a file has the recorded length and starts like an EROFS disk.
    static func isIntact(_ disk: FilePath, size: Int64) -> Bool {
        guard size >= 4096, size % 4096 == 0, File.regularSize(disk) == size else { return false }
        return (try? FileRegion(path: disk, offset: 1024, length: 4).read(limit: 4)) == magic
    }
}
