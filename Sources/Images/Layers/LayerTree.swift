import EROFS
import OCI

/// The files of a layer, as its entries make them one after the other.
///
/// A later entry replaces an earlier one of the same name; a folder over a folder only changes its attributes
/// (OCI image specification, layer.md, "Applying Changesets"). Everything is checked before it happens: limits,
/// names, and where links lead. Nothing here touches the machine's own files.
struct LayerTree {
    let limits: Limits
    /// What to call the layer in messages.
    let name: String

    var files = FileTree(root: LayerTree.implied)
    /// Folders that entries lie in and that had no entry of their own yet.
    var implicit: Set<FileTree.Node>
    /// Folders that hide what lower layers have in them.
    var opaque: Set<FileTree.Node> = []
    private(set) var entries = 0
    private var bytes: Int64 = 0
    private var metadata = 0

    /// The attributes of a folder that has no entry.
    static let implied = FileAttributes(
        permissions: 0o755,
        userID: 0,
        groupID: 0,
        modified: 0,
        modifiedNanoseconds: 0,
        extended: []
    )

    init(limits: Limits, name: String) {
        self.limits = limits
        self.name = name
        implicit = [files.root]
    }

    /// Whether the layer hides everything below it; overlayfs does not look for that mark on the root folder.
    var hidesLowerLayers: Bool { opaque.contains(files.root) }

    /// Applies the next entry.
    ///
    /// - Parameter write: puts the content of a file on the disk; called once for a file, after all checks.
    mutating func apply(_ entry: TarEntry, write: () throws -> FileData) throws {
        try count(entry)
        let parts = try parts(of: entry.path, "entry", entry)
        guard !isLeftover(parts) else { return }
        guard let last = parts.last else { return try applyRoot(entry) }
        guard !parts.dropLast().contains(where: Self.isMark) else {
            throw refusal(entry, "lies in a folder whose name marks a deletion")
        }
        guard !Self.isMark(last) else { return try applyMark(last, in: parts.dropLast(), entry) }
        try checkAttributes(entry)
        let folder = try folder(parts.dropLast(), entry, makes: true)
        switch entry.kind {
        case .folder: try putFolder(last, in: folder, entry)
        case .hardLink: try putLink(last, in: folder, entry)
        default: try put(last, in: folder, content(of: entry, write), attributes(of: entry))
        }
    }

    /// Counts what one more name costs in memory.
    mutating func spend(_ bytes: Int, _ entry: TarEntry) throws(ImageError) {
        entries += 1
        metadata += bytes
        guard entries <= limits.entries else {
            throw ImageError(.refused, "\(name) has more than \(limits.entries) entries, at \"\(entry.printableName)\"")
        }
        guard metadata <= limits.metadataBytes else {
            throw ImageError(
                .refused,
                "\(name) has more than \(limits.metadataBytes) bytes of names and attributes, "
                    + "at \"\(entry.printableName)\""
            )
        }
    }

    /// Takes away whatever has a name, with everything in it.
    ///
    /// - Returns: whether there was something.
    mutating func clear(_ part: ArraySlice<UInt8>, in folder: FileTree.Node) -> Bool {
        guard let old = files.child(part, of: folder) else { return false }
        var rest = [old]
        while let node = rest.popLast() {
            implicit.remove(node)
            opaque.remove(node)
            files.forEachChild(of: node) { _, child in rest.append(child) }
        }
        files.remove(part, from: folder)
        return true
    }

    func refusal(_ entry: TarEntry, _ reason: String, what: String = "entry") -> ImageError {
        ImageError(.refused, "\(name) is refused: \(what) \"\(entry.printableName)\" \(reason)")
    }

    private mutating func count(_ entry: TarEntry) throws(ImageError) {
        bytes = bytes.addingReportingOverflow(entry.size).overflow ? .max : bytes + entry.size
        guard bytes <= limits.layerBytes else {
            throw ImageError(
                .refused,
                "\(name) is larger than \(limits.layerBytes) bytes when unpacked, at \"\(entry.printableName)\""
            )
        }
        let extended = entry.extended.reduce(0) { $0 + $1.name.count + $1.value.count }
        try spend((entry.components.last?.count ?? 0) + entry.link.count + extended, entry)
    }
}

extension LayerTree {
    private mutating func applyRoot(_ entry: TarEntry) throws {
        guard entry.kind == .folder else { throw refusal(entry, "has the root folder's name and is no folder") }
        try checkAttributes(entry)
        try setAttributes(of: files.root, entry)
    }

    private mutating func putFolder(_ part: ArraySlice<UInt8>, in folder: FileTree.Node, _ entry: TarEntry) throws {
        if let old = files.child(part, of: folder), isFolder(old) { return try setAttributes(of: old, entry) }
        // A folder after something else of that name: what lower layers have there was gone in between.
        let replaces = clear(part, in: folder)
        let node = try files.add(part, to: folder, .folder, attributes(of: entry))
        if replaces { try hideLower(node) }
    }

    private mutating func putLink(_ part: ArraySlice<UInt8>, in folder: FileTree.Node, _ entry: TarEntry) throws {
        let old = files.child(part, of: folder)
        if let old, !isFolder(old), try old == target(of: entry) { return }
        _ = clear(part, in: folder)
        let target = try target(of: entry)
        guard let target, !isFolder(target), !isWhiteout(target) else {
            throw refusal(
                entry,
                "points to \"\(printable(entry.link))\", which is no earlier file of this layer",
                what: "hard link"
            )
        }
        try files.link(part, to: folder, target: target)
    }

    private mutating func put(
        _ part: ArraySlice<UInt8>,
        in folder: FileTree.Node,
        _ content: FileContent,
        _ attributes: FileAttributes
    ) throws {
        _ = clear(part, in: folder)
        _ = try files.add(part, to: folder, content, attributes)
    }

    /// What a hard link points to.
    ///
    /// Overlayfs cannot link into a lower layer, so it must be in this one.
    private mutating func target(of entry: TarEntry) throws -> FileTree.Node? {
        let parts = try parts(of: entry.link, "the target of hard link", entry)
        guard let last = parts.last else { return nil }
        return files.child(last, of: try folder(parts.dropLast(), entry, makes: false))
    }

    private mutating func setAttributes(of node: FileTree.Node, _ entry: TarEntry) throws {
        implicit.remove(node)
        try files.setAttributes(of: node, attributes(of: entry))
        if opaque.contains(node) { try hideLower(node) }
    }

    func isFolder(_ node: FileTree.Node) -> Bool {
        guard case .folder = files.content(of: node) else { return false }
        return true
    }
}
