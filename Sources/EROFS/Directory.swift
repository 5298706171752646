/// A folder's entries in the order and the blocks of the disk.
///
/// Each block has its dirents first and their names behind them; names are sorted by their bytes over all blocks, `.`
/// and `..` among them (Documentation/filesystems/erofs.rst, "Directories").
struct Directory {
    struct Entry {
        let name: [UInt8]
        let node: FileTree.Node
    }

    private let entries: [Entry]
    /// Where each block's entries begin.
    private let starts: [Int]
    /// Bytes of all blocks; only the last may be shorter than a block.
    let size: Int

    init(_ tree: FileTree, _ folder: FileTree.Node, parent: FileTree.Node) {
        var entries = [Entry(name: Array(".".utf8), node: folder), Entry(name: Array("..".utf8), node: parent)]
        tree.forEachEntry(of: folder) { entries.append(Entry(name: $0, node: $1)) }
        entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
        var starts = [0]
        var used = 0
        for (index, entry) in entries.enumerated() {
            let need = Format.direntSize + entry.name.count
            if used + need > Format.blockSize {
                starts.append(index)
                used = 0
            }
            used += need
        }
        self.entries = entries
        self.starts = starts
        size = (starts.count - 1) * Format.blockSize + used
    }

    var blockCount: Int { starts.count }

    /// Bytes in the last block.
    var tail: Int { size - (blockCount - 1) * Format.blockSize }

    /// One block, without the zeros after its last name.
    func block(_ number: Int, _ tree: FileTree, nid: (FileTree.Node) -> UInt64) -> [UInt8] {
        let end = number + 1 < starts.count ? starts[number + 1] : entries.count
        let block = entries[starts[number]..<end]
        var record = Record()
        var nameOffset = block.count * Format.direntSize
        for entry in block {
            record.put(nid(entry.node))
            record.put(UInt16(nameOffset))
            record.put(tree[entry.node].content.fileType)
            record.put(UInt8(0))
            nameOffset += entry.name.count
        }
        for entry in block { record.put(entry.name) }
        return record.bytes
    }
}

extension FileContent {
    /// The type in a dirent (include/linux/fs_types.h, `FT_…`).
    fileprivate var fileType: UInt8 {
        switch self {
        case .file: 1
        case .folder: 2
        case .characterDevice: 3
        case .blockDevice: 4
        case .pipe: 5
        case .socket: 6
        case .symbolicLink: 7
        }
    }
}
