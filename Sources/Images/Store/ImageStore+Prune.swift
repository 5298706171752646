import Linux
package import OCI
import SystemPackage

/// What a prune has removed.
package struct Pruned: Sendable, Hashable {
    /// Names that went.
    package var untagged: [ImageReference] = []
    /// Ids of images that went.
    package var deleted: [Digest] = []
    /// Bytes that the disk has got back.
    package var bytes: Int64 = 0
}

extension ImageStore {
    /// Removes images that nobody needs, and all that was left of interrupted work.
    ///
    /// - Parameters:
    ///   - all: every image that is not in use, instead of only those without a name.
    ///   - isUsed: whether an image must stay; nobody can begin to use one meanwhile.
    package func prune(all: Bool = false, keeping isUsed: (Digest) throws -> Bool = { _ in false }) throws -> Pruned {
        try sweeping { staging in
            var pruned = Pruned()
            var catalog = try self.catalog()
            for entry in catalog.images where try (all || entry.name == nil) && !isUsed(entry.id) {
                pruned.untagged += catalog.index.names(of: entry.id)
                pruned.deleted.append(entry.id)
                catalog.index.remove { $0.id == entry.id }
            }
            try catalog.index.write(layout.index)
            try GarbageCollector(layout: layout, staging: staging).collect()
            pruned.bytes = File.allocated(in: staging.path) + removeIdleIngests()
            return pruned
        }
    }

    /// Removes the beginnings of blobs that nobody works on.
    private func removeIdleIngests() -> Int64 {
        var bytes: Int64 = 0
        for name in File.names(in: layout.ingest) {
            let folder = layout.ingest.appending(name)
            let size = File.allocated(in: folder)
            try? Ingest(path: folder).removeIfIdle()
            if !File.exists(folder) { bytes += size }
        }
        return bytes
    }
}
