import EROFS
import OCI

extension LayerTree {
    /// Links on the way to one name, as many as the kernel follows (path_resolution(7)).
    private static let hopLimit = 40

    /// Takes a name apart; names that reach outside are refused.
    func parts(of path: [UInt8], _ what: String, _ entry: TarEntry) throws(ImageError) -> [ArraySlice<UInt8>] {
        guard !path.isEmpty, path.count <= limits.pathBytes else {
            throw refusal(entry, "is empty or too long", what: what)
        }
        guard !path.contains(0) else { throw refusal(entry, "contains a zero byte", what: what) }
        // umoci writes the root folder itself as "/".
        guard path.first != UInt8(ascii: "/") || entry.isRoot else {
            throw refusal(entry, "has an absolute name", what: what)
        }
        let parts = TarEntry.components(path)
        guard !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw refusal(entry, "climbs out of its folder", what: what)
        }
        guard parts.allSatisfy({ $0.count <= 255 }) else {
            throw refusal(entry, "has a part over 255 bytes", what: what)
        }
        return parts
    }

    /// Finds the folder that an entry lies in.
    ///
    /// A symbolic link of this layer on the way is followed inside the layer's tree, as unpacking in a chroot would
    /// do; it must lead to a folder of this layer, because what a lower layer has there nobody knows here.
    /// - Parameter makes: whether folders that are missing are made.
    mutating func folder(
        _ parts: ArraySlice<ArraySlice<UInt8>>,
        _ entry: TarEntry,
        makes: Bool
    ) throws -> FileTree.Node {
        var walk = LayerWalk(from: files.root, along: parts)
        while let step = walk.next() {
            if step.part.elementsEqual("..".utf8) {
                guard walk.ascend() else { throw refusal(entry, "goes through a symbolic link that leads outside") }
                continue
            }
            let child = files.child(step.part, of: walk.node)
            if let child, isFolder(child) {
                walk.descend(to: child, step.part)
            } else if let child, case .symbolicLink(let target) = files.content(of: child) {
                guard walk.hops < Self.hopLimit else { throw refusal(entry, "goes through too many symbolic links") }
                walk.follow(target, root: files.root)
            } else {
                guard step.isOwn, makes, child.map(isWhiteout) ?? true else { throw noFolder(step.part, entry) }
                walk.descend(to: try makeImplicit(step.part, in: walk.node, entry), step.part)
            }
            guard walk.length <= limits.pathBytes else {
                throw refusal(entry, "goes through symbolic links to a name that is too long")
            }
        }
        return walk.node
    }

    private mutating func makeImplicit(
        _ part: ArraySlice<UInt8>,
        in folder: FileTree.Node,
        _ entry: TarEntry
    ) throws -> FileTree.Node {
        try spend(part.count, entry)
        let wasDeleted = clear(part, in: folder)
        let node = try files.add(part, to: folder, .folder, Self.implied)
        implicit.insert(node)
        if wasDeleted { try hideLower(node) }
        return node
    }

    private func noFolder(_ part: ArraySlice<UInt8>, _ entry: TarEntry) -> ImageError {
        refusal(entry, "goes through \"\(printable(part))\", which is no folder of this layer")
    }

    /// The paths of the folders that have no entry of their own.
    func implicitFolders() throws(ImageError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var bytes = 0
        var rest: [(node: FileTree.Node, path: [UInt8])] = implicit.isEmpty ? [] : [(files.root, [])]
        while let (node, path) = rest.popLast() {
            if implicit.contains(node) {
                found.append(path)
                bytes += path.count
            }
            guard bytes <= limits.metadataBytes else {
                throw ImageError(.refused, "\(name) has too many folders without an entry")
            }
            files.forEachChild(of: node) { part, child in
                guard isFolder(child) else { return }
                rest.append((child, path.isEmpty ? Array(part) : path + [UInt8(ascii: "/")] + part))
            }
        }
        return found.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
