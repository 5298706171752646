import Linux
import OCI
import SystemPackage

/// Finds what no image needs and moves it aside; its owner holds the store's lock.
struct GarbageCollector {
    let layout: StoreLayout
    /// Takes what is to be deleted.
    let staging: Staging

    /// What images need.
    struct Reachable {
        var blobs: Set<String> = []
        var layers: Set<String> = []
        var referrers: Set<String> = []
        var lazy: Set<String> = []
    }

    func collect() throws {
        let reachable = try reachable()
        try sweep(layout.layers, keep: reachable.layers)
        try sweep(layout.blobs.path, keep: reachable.blobs)
        try sweep(layout.referrers, keep: reachable.referrers)
        if File.exists(layout.lazy) { try sweep(layout.lazy, keep: reachable.lazy) }
    }

    /// Follows every entry of the index.
    func reachable() throws -> Reachable {
        var reachable = Reachable()
        for entry in try Catalog(layout).index.entries {
            guard let stored = try StoredImage(entry.target, in: layout.blobs) else { continue }
            reachable.blobs.formUnion(stored.blobs.map(\.digest.hex))
            if let blob = try layout.blobs.document(stored.id) {
                let configuration = try ImageConfiguration(blob: blob)
                reachable.layers.formUnion(configuration.diffIDs.map(\.hex))
                reachable.layers.insert(ImpliedFolders.key(configuration.distinctDiffIDs).hex)
            }
            reachable.lazy.formUnion(try lazyNames(of: stored.id))
            for subject in Set([stored.target.digest, stored.manifest.digest]) {
                reachable.referrers.insert("\(subject.hex).json")
                reachable.blobs.formUnion(try Referrers(layout).blobs(of: subject).map(\.digest.hex))
            }
        }
        return reachable
    }

    /// What an image needs of the disks that were published beside it: those of layers that have no disk of our making.
    private func lazyNames(of image: Digest) throws(ImageError) -> [String] {
        let known = try LazyRecord(of: image, in: layout)?.layers ?? []
        let layers = known.filter { layout.layer($0.diffID).size == 0 }
        return layers.isEmpty ? [] : ["\(image.hex).json"] + layers.map(\.disk.digest.hex)
    }

    private func sweep(_ folder: FilePath, keep: Set<String>) throws {
        for name in File.names(in: folder) where !keep.contains(name) {
            try File.move(folder.appending(name), to: staging.temporary())
        }
        try AtomicFile.syncDirectory(folder)
    }
}
