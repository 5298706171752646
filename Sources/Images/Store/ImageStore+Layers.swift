import OCI
import SystemPackage

extension Staging {
    /// Takes over what the store has of a layer, by hard links, so that it outlives a removal.
    ///
    /// - Returns: whether the store has both the blob and the disk.
    func adopt(_ blob: Descriptor, _ diffID: Digest, from layout: StoreLayout) throws -> Bool {
        let hasBlob = try adopt(blob, from: layout.blobs.file(blob.digest))
        return try (layer(diffID).isIntact || layer(diffID).link(from: layout.layer(diffID))) && hasBlob
    }

    /// Takes over a blob from a file that has exactly its bytes.
    ///
    /// - Returns: `false` if there is no such file.
    func adopt(_ blob: Descriptor, from file: FilePath) throws -> Bool {
        let target = blobs.file(blob.digest)
        if File.regularSize(target) == blob.size { return true }
        return File.regularSize(file) == blob.size && File.link(file, to: target)
    }
}

extension ImageStore {
    /// Stages a layer: what the store has not yet is fetched and converted, once for all who want it at this time.
    ///
    /// - Parameters:
    ///   - fetch: puts the whole, verified blob into the ingest folder's `partial`.
    ///   - convertStarts: called before a conversion, which is the other half of the work.
    func stage(
        _ blob: Descriptor,
        _ diffID: Digest,
        in staging: Staging,
        fetch: (Ingest) async throws -> Void,
        convertStarts: () -> Void = {}
    ) async throws {
        if try staging.adopt(blob, diffID, from: layout) { return }
        try await withIngest(blob.digest) { ingest in
            if try staging.adopt(blob, diffID, from: layout) { return }
            if try !staging.adopt(blob, from: ingest.blob) {
                try await fetch(ingest)
                try await Blocking.run { _ in
                    try File.synchronize(ingest.partial)
                    try File.replace(ingest.blob, with: ingest.partial)
                }
            }
            guard try staging.adopt(blob, from: ingest.blob) else { throw ImageError.mismatch(blob.digest) }
            let layer = ingest.layer(diffID)
            if !staging.layer(diffID).isIntact, !layer.isIntact {
                convertStarts()
                try await convert(staging.blobs.file(blob.digest), diffID, to: layer)
            }
            guard try staging.layer(diffID).isIntact || staging.layer(diffID).link(from: layer) else {
                throw ImageError(.system, "layer \(diffID.hex.prefix(12)) was removed while it was made (try again)")
            }
        }
    }

    /// Converts a blob to a disk; whatever an earlier try left goes first.
    ///
    /// - Parameter diffID: what the plain bytes must hash to; `nil` if they may be anything.
    /// - Returns: the digest of the plain bytes.
    @discardableResult
    func convert(_ blob: FilePath, _ diffID: Digest?, to layer: LayerFolder) async throws -> Digest {
        let length = try await Blocking.run { _ in
            try File.remove(layer.path)
            try File.createFolder(layer.path)
            return File.regularSize(blob) ?? 0
        }
        let converted = try await LayerConverter(tools: tools, limits: limits)
            .convert(FileRegion(path: blob, offset: 0, length: length), diffID: diffID, to: layer.disk)
        try await Blocking.run { _ in
            try layer.finish(converted)
        }
        return converted.diffID
    }

    /// Empties the ingest folders of blobs that are in the store now.
    func tidy(_ blobs: [Descriptor]) async {
        let layout = layout
        for blob in blobs {
            // What cannot be removed now is removed by the next prune.
            try? await Blocking.run { _ in
                try Ingest(path: layout.ingest.appending(blob.digest.hex)).removeIfIdle()
            }
        }
    }
}
