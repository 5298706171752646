import Linux
package import SystemPackage

/// Looks folders up in a disk that `DiskWriter` made.
///
/// It reads what that writer writes (inodes of the long form, inline attributes) and no more of the format.
package struct DiskReader: ~Copyable {
    /// What a disk says about a path.
    package enum Finding: Sendable {
        /// Nothing; lower layers speak, unless a folder on the way hides them.
        case nothing(hidesLower: Bool)
        case folder(FileAttributes, hidesLower: Bool)
        /// A file, or the mark of a deletion.
        case other
    }

    private struct Inode {
        let offset: Int64
        let layout: UInt16
        let mode: UInt16
        let size: Int64
        let block: UInt32
        let attributes: FileAttributes
        /// Behind the inode and its attributes.
        let tail: Int64

        var isFolder: Bool { mode & 0o170000 == 0o040000 }

        var isOpaque: Bool {
            attributes.extended.contains { $0.name.elementsEqual("trusted.overlay.opaque".utf8) }
        }
    }

    private let file: OwnedFD
    private let metadata: Int64
    private let root: UInt64

    /// Opens a disk.
    package init(_ path: FilePath) throws {
        let file = try OwnedFD.open(path, .readOnly)
        let superblock = try Self.read(file.descriptor, at: 1024, count: 128)
        root = UInt64(superblock.number(14, 2))
        metadata = Int64(superblock.number(40, 4)) * Int64(Format.blockSize)
        self.file = file
    }

    /// Follows a path from the root.
    package func find(_ path: [[UInt8]]) throws -> Finding {
        var inode = try inode(root)
        var hidesLower = false
        for part in path {
            guard let next = try child(part, of: inode) else { return .nothing(hidesLower: hidesLower) }
            inode = try self.inode(next)
            guard inode.isFolder else { return .other }
            hidesLower = hidesLower || inode.isOpaque
        }
        return .folder(inode.attributes, hidesLower: hidesLower)
    }

    private func inode(_ nid: UInt64) throws -> Inode {
        let offset = metadata + Int64(nid) * Int64(Format.slot)
        let bytes = try Self.read(file.descriptor, at: offset, count: Format.inodeSize)
        let words = Int(bytes.number(2, 2))
        let area = words == 0 ? 0 : 12 + 4 * (words - 1)
        let start = offset + Int64(Format.inodeSize)
        let attributes = FileAttributes(
            permissions: UInt16(bytes.number(4, 2)) & 0o7777,
            userID: UInt32(bytes.number(24, 4)),
            groupID: UInt32(bytes.number(28, 4)),
            modified: Int64(bitPattern: bytes.number(32, 8)),
            modifiedNanoseconds: UInt32(bytes.number(40, 4)),
            extended: AttributeArea.decode(try Self.read(file.descriptor, at: start, count: area))
        )
        return Inode(
            offset: offset,
            layout: UInt16(bytes.number(0, 2)) >> 1 & 7,
            mode: UInt16(bytes.number(4, 2)),
            size: Int64(clamping: bytes.number(8, 8)),
            block: UInt32(bytes.number(16, 4)),
            attributes: attributes,
            tail: start + Int64(area)
        )
    }

    private func child(_ name: [UInt8], of folder: Inode) throws -> UInt64? {
        let size = Int64(Format.blockSize)
        for number in 0..<((folder.size + size - 1) / size) {
            let length = min(size, folder.size - number * size)
            let isInline = folder.layout == Format.DataLayout.inline.rawValue && number == (folder.size - 1) / size
            let place = isInline ? folder.tail : (Int64(folder.block) + number) * size
            let block = try Self.read(file.descriptor, at: place, count: Int(length))
            if let nid = Self.search(block, name) { return nid }
        }
        return nil
    }

    private static func search(_ block: [UInt8], _ name: [UInt8]) -> UInt64? {
        let count = Int(block.number(8, 2)) / Format.direntSize
        for index in 0..<count {
            let entry = index * Format.direntSize
            let start = Int(block.number(entry + 8, 2))
            let end = index + 1 < count ? Int(block.number(entry + Format.direntSize + 8, 2)) : block.count
            guard start <= end, end <= block.count else { return nil }
            if block[start..<end].prefix(while: { $0 != 0 }).elementsEqual(name) { return block.number(entry, 8) }
        }
        return nil
    }

    private static func read(_ file: FileDescriptor, at offset: Int64, count: Int) throws -> [UInt8] {
        guard count > 0 else { return [] }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = try file.read(fromAbsoluteOffset: offset + Int64(filled), into: rest)
                guard got > 0 else { throw LinuxError(stage: "read a disk", errno: .ioError) }
                filled += got
            }
        }
    }
}

extension [UInt8] {
    /// A little-endian number; bytes beyond the end count as zero.
    fileprivate func number(_ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { offset + $1 < self.count ? $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) : $0 }
    }
}
