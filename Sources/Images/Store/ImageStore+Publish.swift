import Linux
import OCI
import SystemPackage

/// An image whose blobs and disks are staged.
struct StagedImage: Sendable {
    /// What its names shall point to.
    let target: Descriptor
    let id: Digest
    let names: [ImageReference]
}

extension ImageStore {
    /// Makes staged images visible, all together.
    func publish(_ images: [StagedImage], from staging: Staging) async throws -> [Image] {
        let layout = layout
        return try await Blocking.run { _ in
            try FileLock.withLock(layout.lock) {
                try Self.publishLayers(of: staging, in: layout)
                try Self.publishBlobs(of: staging, in: layout)
                try Self.publishReferrers(of: staging, in: layout)
                try Self.publishLazy(of: staging, in: layout)
                var catalog = try Catalog(layout)
                for image in images {
                    if image.names.isEmpty { catalog.index.keep(image.target, id: image.id) }
                    for name in image.names { catalog.index.set(name, to: image.target, id: image.id) }
                }
                try catalog.index.write(layout.index)
                return try images.compactMap { image in
                    let entries = catalog.index.entries.filter { $0.id == image.id }
                    // A nameless image that was here with another manifest stays as it was.
                    let entry = entries.first { $0.target == image.target } ?? entries.first
                    return try entry.flatMap(catalog.image)
                }
            }
        }
    }

    /// Renames staged blobs into place; one that is there already is the same.
    private static func publishBlobs(of staging: Staging, in layout: StoreLayout) throws {
        for name in File.names(in: staging.blobs.path) {
            let (blob, target) = (staging.blobs.path.appending(name), layout.blobs.path.appending(name))
            if File.regularSize(target) != File.regularSize(blob) { try File.replace(target, with: blob) }
        }
        try AtomicFile.syncDirectory(layout.blobs.path)
    }

    /// Lists that are newer than the store's take their place.
    private static func publishReferrers(of staging: Staging, in layout: StoreLayout) throws {
        for name in File.names(in: staging.referrers) {
            try File.replace(layout.referrers.appending(name), with: staging.referrers.appending(name))
        }
        try AtomicFile.syncDirectory(layout.referrers)
    }

    /// Renames staged layers into place; a damaged layer makes room for its whole copy.
    private static func publishLayers(of staging: Staging, in layout: StoreLayout) throws {
        for name in File.names(in: staging.layers) {
            let target = LayerFolder(path: layout.layers.appending(name))
            if target.isIntact { continue }
            if File.exists(target.path) { try File.move(target.path, to: staging.path.appending("damaged-\(name)")) }
            try File.move(staging.layers.appending(name), to: target.path)
        }
        try AtomicFile.syncDirectory(layout.layers)
    }
}
