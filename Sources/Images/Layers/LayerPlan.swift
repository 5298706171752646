/// What has to change in a layer's archive before it may be unpacked; made by checking every entry of it.
///
/// Layers delete with `.wh.NAME` files and hide a folder's older content with `.wh..wh..opq` (OCI image
/// specification, layer.md, "Whiteouts"). overlayfs wants a character device 0/0 and the attribute
/// `trusted.overlay.opaque=y` instead (kernel, Documentation/filesystems/overlayfs.rst).
struct LayerPlan {
    private static let prefix = Array(".wh.".utf8)
    private static let opaqueName = Array(".wh..wh..opq".utf8)

    /// Names that are deleted, and whether the same layer makes them anew.
    private(set) var deleted: [[UInt8]: Bool] = [:]
    /// Folders whose older content is hidden, with their own entry once it has been seen.
    private(set) var opaque: [[UInt8]: TarEntry?] = [:]

    /// Checks a layer's archive against the limits and looks for deletions.
    init(_ archive: LayerArchive, _ flag: CancellationFlag) throws {
        var check = LayerCheck(limits: archive.limits, name: archive.name)
        try archive.forEach(flag) { entry in
            try check.take(entry)
            note(entry)
        }
        guard !deleted.isEmpty || !opaque.isEmpty else { return }
        // A name may be deleted and made anew in one layer, in either order: the new one stays.
        try archive.forEach(flag) { resolve($0) }
    }

    /// Whether an entry only says that something is deleted, and does not get unpacked.
    static func isMark(_ entry: TarEntry) -> Bool {
        entry.components.last?.starts(with: prefix) ?? false
    }

    private mutating func note(_ entry: TarEntry) {
        guard let name = entry.components.last, name.starts(with: Self.prefix) else { return }
        let folder = entry.components.dropLast()
        if name.elementsEqual(Self.opaqueName) {
            opaque[Self.joined(folder)] = .some(nil)
        } else if !name.starts(with: Self.prefix + Self.prefix) {
            deleted[Self.joined(folder + [name.dropFirst(Self.prefix.count)])] = false
        }
    }

    private mutating func resolve(_ entry: TarEntry) {
        guard !Self.isMark(entry) else { return }
        let name = Self.joined(entry.components[...])
        let isDeleted = deleted[name] != nil
        if isDeleted { deleted[name] = true }
        guard entry.kind == .folder, isDeleted || opaque[name] != nil else { return }
        opaque[name] = entry
    }

    private static func joined(_ components: some Collection<ArraySlice<UInt8>>) -> [UInt8] {
        Array(components.joined(separator: [UInt8(ascii: "/")]))
    }

    /// The archive members that do in overlayfs's way what the marks say.
    var members: [[UInt8]] {
        let devices = deleted.filter { !$0.value && !$0.key.isEmpty }.keys.sorted { $0.lexicographicallyPrecedes($1) }
            .map { TarWriter.member(TarEntry(path: $0, kind: .characterDevice)) }
        let folders = opaque.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { path, entry in
            var folder = entry ?? TarEntry(path: path, kind: .folder, mode: 0o755)
            folder.path = path.isEmpty ? Array(".".utf8) : path
            return TarWriter.member(folder, attributes: [("trusted.overlay.opaque", "y")])
        }
        return devices + folders
    }
}
