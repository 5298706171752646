import OCI
import SystemPackage

/// One reading of the index, and what its entries lead to.
struct Catalog: Sendable {
    let layout: StoreLayout
    /// The registry of names that name none.
    let defaultDomain: String
    var index: StoreIndex

    init(
        _ layout: StoreLayout,
        defaultDomain: String = ImageReference.defaultDomain
    ) throws(ImageError) {
        self.layout = layout
        self.defaultDomain = defaultDomain
        index = try StoreIndex(layout.index)
    }

    /// One entry of every image, with a name if it has any.
    var images: [StoreIndex.Entry] {
        var seen: Set<Digest> = []
        return index.entries.sorted { $0.name != nil && $1.name == nil }.filter { seen.insert($0.id).inserted }
    }

    /// Finds an image: by name first, because a name may look like the beginning of an id.
    func find(_ nameOrID: String) throws(ImageError) -> StoreIndex.Entry {
        if let entry = named(nameOrID) { return entry }
        let prefix = nameOrID.hasPrefix("sha256:") ? nameOrID.dropFirst(7) : nameOrID[...]
        guard !prefix.isEmpty, prefix.utf8.allSatisfy(Digest.isHexDigit) else { throw .notFound(nameOrID) }
        let matches = images.filter { $0.id.hex.hasPrefix(prefix) || $0.target.digest.hex == prefix }
        guard let match = matches.first else { throw .notFound(nameOrID) }
        guard matches.count == 1 else {
            throw ImageError(.ambiguous, "image id \"\(prefix)\" fits \(matches.count) images (write more of it)")
        }
        return match
    }

    /// What a name points to; `nil` for what is no name here.
    func named(_ text: String) -> StoreIndex.Entry? {
        (try? ImageReference(text, defaultDomain: defaultDomain)).flatMap(index.entry)
    }

    /// Reads what an entry leads to.
    ///
    /// - Returns: `nil` if a blob is not there, as when another process removes the image right now.
    func stored(_ entry: StoreIndex.Entry) throws(ImageError) -> StoredImage? {
        try StoredImage(entry.target, in: layout.blobs)
    }

    /// Puts together what users see of an image; `nil` as for `stored(_:)`.
    func image(_ entry: StoreIndex.Entry) throws(ImageError) -> Image? {
        guard let stored = try stored(entry), let blob = try layout.blobs.document(stored.id) else { return nil }
        let configuration = try ImageConfiguration(blob: blob)
        return Image(
            id: stored.id,
            references: index.names(of: stored.id),
            configuration: configuration,
            layers: try layers(of: configuration, stored.id),
            target: stored.target,
            manifest: stored.manifest
        )
    }

    /// The disks of an image, the one that puts implied folders right on top.
    private func layers(of configuration: ImageConfiguration, _ id: Digest) throws(ImageError) -> [Layer] {
        let diffIDs = configuration.distinctDiffIDs
        if let published = try published(diffIDs, id) {
            return try published.map { diffID throws(ImageError) in try layout.layer(diffID, of: id) }
        }
        let key = ImpliedFolders.key(diffIDs)
        let top = File.exists(layout.layer(key).path) ? [layout.layer(key).layer(diffID: key)] : []
        return try visible(diffIDs).map { diffID throws(ImageError) in try layout.layer(diffID, of: id) } + top
    }

    /// What to stack of an image with layers that are not here, as its publisher has worked it out; else `nil`.
    private func published(_ diffIDs: [Digest], _ id: Digest) throws(ImageError) -> [Digest]? {
        guard visible(diffIDs).contains(where: { layout.layer($0).size == 0 }) else { return nil }
        return try LazyRecord(of: id, in: layout)?.layers.map(\.diffID)
    }

    /// Leaves out what lies below a layer that hides all of it: no mark on a disk can say that of its root.
    private func visible(_ diffIDs: [Digest]) -> [Digest] {
        let lowest = diffIDs.lastIndex { layout.layer($0).contents?.hidesLowerLayers == true }
        return Array(diffIDs[(lowest ?? 0)...])
    }
}

extension ImageConfiguration {
    /// The layers, the lowest first, each once, where it is topmost.
    var distinctDiffIDs: [Digest] {
        var seen: Set<Digest> = []
        return diffIDs.reversed().filter { seen.insert($0).inserted }.reversed()
    }
}

extension ImageError {
    /// There is no such image.
    static func notFound(_ nameOrID: String) -> ImageError {
        ImageError(
            .notFound,
            "image \"\(printable(nameOrID.utf8))\" not found (get it with \"apus pull\" or \"apus load\", "
                + "list images with \"apus images\")"
        )
    }
}
