package import Linux

/// Writes a read-only EROFS disk in one pass: files' bytes as they come, names and inodes at the end.
///
/// Memory holds the tree and about a megabyte of buffer, whatever the disk's size. Files' last blocks are padded rather
/// than put behind their inodes, because those would have to wait in memory. Equal trees and equal data in equal order
/// make equal disks. The caller flushes the file to its disk.
package struct DiskWriter: ~Copyable {
    /// Chunks of one file with holes: their table is held in memory, 16 MiB of it at most.
    private static let mostChunks = 1 << 22

    private var output: BlockOutput
    private let uuid: [UInt8]
    private var current = OpenFile()

    /// The file whose bytes are coming in.
    private struct OpenFile {
        var size: Int64 = 0
        /// A hole that is not accounted for yet: what follows decides where it ends.
        var hole: Int64 = 0
        var chunks: [UInt32] = []
        var hasHole = false
    }

    /// Begins a disk.
    ///
    /// - Parameters:
    ///   - file: an empty, writable file.
    ///   - uuid: the file system's id, 16 bytes.
    package init(_ file: consuming OwnedFD, uuid: [UInt8]) throws {
        precondition(uuid.count == 16, "a UUID has 16 bytes")
        self.uuid = uuid
        output = BlockOutput(file)
        try output.pad(Int64(Format.blockSize))
    }

    /// Adds bytes to the current file.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        if current.hole > 0 { try closeHole() }
        var rest = bytes
        while !rest.isEmpty {
            if current.size % Format.chunkSize == 0 { current.chunks.append(try output.block) }
            let room = Int(Format.chunkSize - current.size % Format.chunkSize)
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(room))
            try output.write(part)
            current.size += Int64(part.count)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
        }
    }

    /// Adds a hole to the current file.
    package mutating func appendHole(_ count: Int64) throws {
        guard count > 0 else { return }
        let (sum, overflow) = current.hole.addingReportingOverflow(count)
        guard !overflow, sum <= Int64.max - current.size - Format.chunkSize else {
            throw EROFSError(.size, "a file larger than a disk can have")
        }
        current.hole = sum
    }

    /// Ends the current file.
    package mutating func endFile() throws -> FileData {
        if current.hole > 0 { try endInHole() }
        try output.alignToBlock()
        let file = current
        current = OpenFile()
        guard file.hasHole else {
            return FileData(size: file.size, place: .contiguous(block: file.chunks.first ?? 0))
        }
        return FileData(size: file.size, place: .chunks(file.chunks))
    }

    /// Bytes follow a hole: zeros fill what is left of the chunk before it and what the chunk after it begins with.
    private mutating func closeHole() throws {
        try skipWholeChunks()
        let rest = current.hole
        current.hole = 0
        try appendZeros(rest)
    }

    /// Nothing follows a hole: it reaches to the end of its last chunk.
    private mutating func endInHole() throws {
        try skipWholeChunks()
        guard current.hole > 0 else { return }
        guard current.size % Format.chunkSize == 0 else {
            let rest = current.hole
            current.hole = 0
            return try appendZeros(rest)
        }
        current.chunks.append(Format.hole)
        current.hasHole = true
        current.size += current.hole
        current.hole = 0
    }

    /// Fills the current chunk, and leaves out those that lie in the hole wholly.
    private mutating func skipWholeChunks() throws {
        let hole = current.hole
        let fill = min(hole, (Format.chunkSize - current.size % Format.chunkSize) % Format.chunkSize)
        let whole = (hole - fill) / Format.chunkSize
        guard whole > 0 else { return }
        current.hole = 0
        try appendZeros(fill)
        guard whole <= Int64(Self.mostChunks - current.chunks.count) else {
            throw EROFSError(.size, "a file with holes of more than 256 GiB")
        }
        current.chunks.append(contentsOf: repeatElement(Format.hole, count: Int(whole)))
        current.hasHole = true
        current.size += whole * Format.chunkSize
        current.hole = hole - fill - whole * Format.chunkSize
    }

    private mutating func appendZeros(_ count: Int64) throws {
        guard count > 0 else { return }
        // At most two chunks' worth: a longer hole has whole chunks, which are left out.
        let zeros = [UInt8](repeating: 0, count: Int(count))
        try zeros.withUnsafeBytes { (bytes) throws in try append(bytes) }
    }

    /// Writes names, inodes and the superblock.
    ///
    /// - Returns: the disk's length in bytes, a multiple of 4096.
    package mutating func finish(_ tree: FileTree) throws -> Int64 {
        let plan = try MetadataPlan(tree)
        let start = try output.block
        let folders = UInt64(start) + UInt64(Format.roundUp(plan.size, to: Format.blockSize) / Format.blockSize)
        guard let folderStart = UInt32(exactly: folders), folders + UInt64(plan.folderBlocks) < UInt64(Format.hole)
        else {
            throw EROFSError(.size, "more blocks than a disk can have")
        }
        try MetadataWriter(tree: tree, plan: plan, start: output.position, folderStart: folderStart).write(to: &output)
        let superblock = Superblock(
            root: UInt16(plan.nid(of: tree.root)),
            inodes: UInt64(plan.places.count),
            blocks: try output.block,
            metadataBlock: start,
            uuid: uuid
        )
        try output.flush()
        try output.rewriteStart(superblock.bytes)
        return output.position
    }
}
