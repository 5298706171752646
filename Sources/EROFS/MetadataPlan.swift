/// Where every inode and every folder's blocks come to lie, worked out before any of it is written.
struct MetadataPlan {
    struct Place {
        let node: FileTree.Node
        /// From the start of the metadata, in bytes; a multiple of `Format.slot`.
        let offset: Int
        let layout: Format.DataLayout
        /// The folder's first block among those of folders, where it has any.
        var folderBlock = 0
        /// Folders below, for the count of links.
        var subfolders: UInt32 = 0
    }

    /// Every inode once, in the order of the disk, the root first.
    private(set) var places: [Place] = []
    private(set) var directories: [FileTree.Node: Directory] = [:]
    /// Bytes of all inodes with what lies behind them.
    private(set) var size = Format.slot * 2
    /// Blocks of folders, behind the inodes.
    private(set) var folderBlocks = 0
    private var offsets: [Int32]

    /// Inodes start behind two empty slots: number 0 means "none" to many programs.
    init(_ tree: FileTree) throws(EROFSError) {
        offsets = [Int32](repeating: -1, count: tree.inodes.count)
        var rest: [(folder: FileTree.Node, parent: FileTree.Node)] = [(tree.root, tree.root)]
        try placeFolder(tree.root, parent: tree.root, tree)
        while let (folder, _) = rest.popLast() {
            for child in children(of: folder, tree) where offsets[Int(child.index)] < 0 {
                if case .folder = tree.content(of: child) {
                    try placeFolder(child, parent: folder, tree)
                    rest.append((child, folder))
                } else {
                    try placeFile(child, tree)
                }
            }
        }
    }

    /// The number by which dirents name an inode.
    func nid(of node: FileTree.Node) -> UInt64 { UInt64(offsets[Int(node.index)]) }

    private func children(of folder: FileTree.Node, _ tree: FileTree) -> [FileTree.Node] {
        var children: [FileTree.Node] = []
        tree.forEachChild(of: folder) { children.append($1) }
        // Entries are handed out newest first; neighbours on the disk are best in the order of the archive.
        return children.reversed()
    }

    private mutating func placeFolder(
        _ node: FileTree.Node,
        parent: FileTree.Node,
        _ tree: FileTree
    ) throws(EROFSError) {
        let directory = Directory(tree, node, parent: parent)
        directories[node] = directory
        let attributes = try AttributeArea(tree[node].attributes.extended)
        let whole = Format.inodeSize + attributes.bytes.count + directory.tail
        let isInline = whole <= Format.blockSize
        var place = Place(
            node: node,
            offset: try reserve(isInline ? whole : whole - directory.tail, node, isWhole: isInline),
            layout: isInline ? .inline : .plain
        )
        place.folderBlock = folderBlocks
        tree.forEachChild(of: node) { if case .folder = tree.content(of: $1) { place.subfolders += 1 } }
        folderBlocks += directory.blockCount - (isInline ? 1 : 0)
        places.append(place)
    }

    private mutating func placeFile(_ node: FileTree.Node, _ tree: FileTree) throws(EROFSError) {
        let head = Format.inodeSize + (try AttributeArea(tree[node].attributes.extended)).bytes.count
        switch tree[node].content {
        case .symbolicLink(let target) where head + target.count <= Format.blockSize:
            places.append(
                Place(node: node, offset: try reserve(head + target.count, node, isWhole: true), layout: .inline)
            )
        case .symbolicLink:
            // Too long to lie behind the inode: it gets a block among those of the folders.
            var place = Place(node: node, offset: try reserve(head, node), layout: .plain)
            place.folderBlock = folderBlocks
            folderBlocks += 1
            places.append(place)
        case .file(let data):
            guard case .chunks(let chunks) = data.place else { fallthrough }
            places.append(Place(node: node, offset: try reserve(head + 4 * chunks.count, node), layout: .chunks))
        case .folder, .characterDevice, .blockDevice, .pipe, .socket:
            places.append(Place(node: node, offset: try reserve(head, node), layout: .plain))
        }
    }

    /// Takes room for an inode.
    ///
    /// - Parameter isWhole: whether it must not reach from one block into the next: what lies inline may not.
    private mutating func reserve(_ count: Int, _ node: FileTree.Node, isWhole: Bool = false) throws(EROFSError) -> Int
    {
        var offset = Format.roundUp(size, to: Format.slot)
        if isWhole, offset % Format.blockSize + count > Format.blockSize {
            offset = Format.roundUp(offset, to: Format.blockSize)
        }
        size = offset + count
        guard let number = Int32(exactly: offset / Format.slot) else {
            throw EROFSError(.size, "more metadata than a disk can have")
        }
        offsets[Int(node.index)] = number
        return offset
    }
}
