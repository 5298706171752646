/// Writes inodes with what lies behind them, and then the blocks of folders.
struct MetadataWriter {
    let tree: FileTree
    let plan: MetadataPlan
    /// Where the metadata begins, in bytes.
    let start: Int64
    /// The first block of those of folders.
    let folderStart: UInt32

    func write(to output: inout BlockOutput) throws {
        for (number, place) in plan.places.enumerated() {
            try output.pad(start + Int64(place.offset) - output.position)
            try output.write(try inode(place, number: UInt32(number + 1)))
        }
        try output.alignToBlock()
        for place in plan.places { try writeBlocks(of: place, to: &output) }
    }

    /// An inode of the long form (erofs_fs.h, `erofs_inode_extended`), its attributes, and its inline data or chunks.
    private func inode(_ place: MetadataPlan.Place, number: UInt32) throws(EROFSError) -> [UInt8] {
        let inode = tree[place.node]
        let attributes = try AttributeArea(inode.attributes.extended)
        var record = Record()
        record.put(UInt16(1 | place.layout.rawValue << 1))
        record.put(attributes.wordCount)
        record.put(inode.content.type | inode.attributes.permissions & 0o7777)
        record.put(UInt16(0))
        record.put(size(place))
        record.put(dataField(place))
        record.put(number)
        record.put(inode.attributes.userID)
        record.put(inode.attributes.groupID)
        record.put(inode.attributes.modified)
        record.put(inode.attributes.modifiedNanoseconds)
        record.put(inode.content == .folder ? 2 + place.subfolders : inode.names)
        record.pad(to: Format.inodeSize)
        record.put(attributes.bytes)
        if place.layout != .plain { record.put(tail(place)) }
        return record.bytes
    }

    private func size(_ place: MetadataPlan.Place) -> UInt64 {
        switch tree[place.node].content {
        case .folder: UInt64(plan.directories[place.node]?.size ?? 0)
        case .file(let data): UInt64(data.size)
        case .symbolicLink(let target): UInt64(target.count)
        case .characterDevice, .blockDevice, .pipe, .socket: 0
        }
    }

    /// The field that means a block, a device or the form of chunks.
    private func dataField(_ place: MetadataPlan.Place) -> UInt32 {
        switch tree[place.node].content {
        case .folder, .symbolicLink: return folderStart + UInt32(place.folderBlock)
        case .characterDevice(let major, let minor), .blockDevice(let major, let minor):
            // The kernel's form of device numbers (include/linux/kdev_t.h, new_encode_dev).
            return minor & 0xFF | (major & 0xFFF) << 8 | (minor & 0xFFF00) << 12
        case .file(let data):
            guard case .contiguous(let block) = data.place else { return UInt32(Format.chunkBlockBits) }
            return block
        case .pipe, .socket: return 0
        }
    }

    /// What lies behind an inode and its attributes.
    private func tail(_ place: MetadataPlan.Place) -> [UInt8] {
        switch tree[place.node].content {
        case .folder:
            guard let directory = plan.directories[place.node] else { return [] }
            return directory.block(directory.blockCount - 1, tree, nid: plan.nid)
        case .symbolicLink(let target): return target
        case .file(let data):
            guard case .chunks(let chunks) = data.place else { return [] }
            var table = Record()
            for chunk in chunks { table.put(chunk) }
            return table.bytes
        case .characterDevice, .blockDevice, .pipe, .socket: return []
        }
    }

    /// The blocks that are not inline, in the order in which the plan counted them.
    private func writeBlocks(of place: MetadataPlan.Place, to output: inout BlockOutput) throws {
        if case .symbolicLink(let target) = tree[place.node].content, place.layout == .plain {
            try output.write(target)
            return try output.alignToBlock()
        }
        guard let directory = plan.directories[place.node] else { return }
        for number in 0..<(directory.blockCount - (place.layout == .inline ? 1 : 0)) {
            try output.write(directory.block(number, tree, nid: plan.nid))
            try output.alignToBlock()
        }
    }
}

extension FileContent {
    /// The type bits of the mode (stat(2)).
    fileprivate var type: UInt16 {
        switch self {
        case .pipe: 0o010000
        case .characterDevice: 0o020000
        case .folder: 0o040000
        case .blockDevice: 0o060000
        case .file: 0o100000
        case .symbolicLink: 0o120000
        case .socket: 0o140000
        }
    }
}
