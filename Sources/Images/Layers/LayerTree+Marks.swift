import EROFS
import OCI

/// Deletions.
///
/// Layers delete with `.wh.NAME` files and hide a folder's older content with `.wh..wh..opq` (OCI image
/// specification, layer.md, "Whiteouts"). overlayfs wants a character device 0/0 and the attribute
/// `trusted.overlay.opaque=y` instead (kernel, Documentation/filesystems/overlayfs.rst). A name that one layer
/// deletes and makes, in either order, is the new one; a new folder then hides what lower layers had in it.
extension LayerTree {
    private static let prefix = Array(".wh.".utf8)
    private static let metaPrefix = Array(".wh..wh.".utf8)
    private static let opaqueName = Array(".wh..wh..opq".utf8)
    private static let opaqueMark = ExtendedAttribute(
        name: Array("trusted.overlay.opaque".utf8),
        value: Array("y".utf8)
    )

    /// Whether a name only says that something is deleted.
    static func isMark(_ part: ArraySlice<UInt8>) -> Bool { part.starts(with: prefix) }

    /// Whether a name is what aufs, Docker's first storage, kept for itself; it means nothing to anybody else.
    func isLeftover(_ parts: [ArraySlice<UInt8>]) -> Bool {
        guard let index = parts.firstIndex(where: { $0.starts(with: Self.metaPrefix) }) else { return false }
        return index < parts.count - 1 || !parts[index].elementsEqual(Self.opaqueName)
    }

    mutating func applyMark(
        _ mark: ArraySlice<UInt8>,
        in parts: ArraySlice<ArraySlice<UInt8>>,
        _ entry: TarEntry
    ) throws {
        let hidden = mark.dropFirst(Self.prefix.count)
        let isOpaque = mark.elementsEqual(Self.opaqueName)
        guard isOpaque || !["", ".", ".."].contains(where: { hidden.elementsEqual($0.utf8) }) else {
            throw refusal(entry, "deletes nothing that has a name")
        }
        let folder = try folder(parts, entry, makes: true)
        if isOpaque { return try hideLower(folder) }
        guard let made = files.child(hidden, of: folder) else {
            _ = try files.add(hidden, to: folder, .characterDevice(major: 0, minor: 0), Self.whiteout)
            return
        }
        if isFolder(made) { try hideLower(made) }
    }

    /// Takes away deletions that delete nothing: those below a folder that hides everything anyway.
    ///
    /// Called after the last entry. Such a folder is not merged with another, and overlayfs shows a mark as a name
    /// that nobody can open there.
    mutating func dropIdleMarks() {
        var seen: Set<FileTree.Node> = []
        var rest = Array(opaque)
        while let folder = rest.popLast() {
            guard seen.insert(folder).inserted else { continue }
            var idle: [ArraySlice<UInt8>] = []
            files.forEachChild(of: folder) { name, child in
                if isWhiteout(child) { idle.append(name) }
                if isFolder(child) { rest.append(child) }
            }
            for name in idle { files.remove(name, from: folder) }
        }
    }

    /// Whether this marks a deletion; archives cannot have such devices of their own.
    func isWhiteout(_ node: FileTree.Node) -> Bool {
        guard case .characterDevice(major: 0, minor: 0) = files.content(of: node) else { return false }
        return true
    }

    /// Hides what lower layers have in a folder.
    mutating func hideLower(_ folder: FileTree.Node) throws {
        opaque.insert(folder)
        var attributes = files.attributes(of: folder)
        guard !attributes.extended.contains(where: { $0.name == Self.opaqueMark.name }) else { return }
        attributes.extended.append(Self.opaqueMark)
        try files.setAttributes(of: folder, attributes)
    }

    private static let whiteout = FileAttributes(
        permissions: 0,
        userID: 0,
        groupID: 0,
        modified: 0,
        modifiedNanoseconds: 0,
        extended: []
    )
}
