package import OCI
package import Registry
import SystemPackage

extension ImageStore {
    /// Publishes the disks of an image's layers beside the image, which has been pushed: others can then start it
    /// before its layers are on their machines.
    ///
    /// The disks are not compressed, so that parts of them can be fetched.
    /// - Returns: the digest of the manifest that lists them.
    package func pushDisks(
        of reference: ImageReference,
        with client: RegistryClient,
        progress: @escaping ProgressHandler = { _ in }
    ) async throws -> Digest {
        let image = try image(reference.canonical)
        try verify(image)
        guard !image.isLazy else {
            throw ImageError(.invalidArgument, "image \"\(reference)\" is not whole here (pull it without --lazy)")
        }
        return try await withStaging { staging in
            var layers: [LazySource] = []
            for layer in image.layers {
                layers.append(try await send(layer, from: staging, to: reference, client, progress))
            }
            let config = Descriptor(of: PublishedDisks.emptyConfiguration, mediaType: MediaType.empty)
            try staging.blobs.write(PublishedDisks.emptyConfiguration)
            let file = staging.blobs.file(config.digest)
            _ = try await client.upload(config, from: file, to: reference, mountFrom: []) { _ in }
            let manifest = try PublishedDisks(layers).manifest(subject: image.manifest)
            let digest = Digest(hashing: manifest)
            let place = try ImageReference("\(reference.domain)/\(reference.path)@\(digest)")
            return try await client.upload(manifest: manifest, mediaType: MediaType.manifest, to: place)
        }
    }

    /// Sends one layer's disk and its table, through a link that no removal reaches.
    private func send(
        _ layer: Layer,
        from staging: Staging,
        to reference: ImageReference,
        _ client: RegistryClient,
        _ progress: @escaping ProgressHandler
    ) async throws -> LazySource {
        let id = String(layer.diffID.hex.prefix(12))
        let file = staging.temporary()
        guard File.link(layer.disk, to: file) else {
            throw ImageError(.damaged, "layer \(id) of \"\(reference)\" is gone (pull or load it again)")
        }
        progress(ProgressMessage("Hashing disk", id: id))
        let (digest, table) = try await Blocking.run { flag in try ChunkTable.make(of: file, flag) }
        let disk = Descriptor(mediaType: PublishedDisks.diskType, digest: digest, size: layer.size)
        let chunks = Descriptor(of: table, mediaType: PublishedDisks.chunksType)
        try staging.blobs.write(table)
        _ = try await client.upload(disk, from: file, to: reference, mountFrom: []) { count in
            progress(ProgressMessage("Pushing disk", id: id, current: count, total: disk.size))
        }
        let tableFile = staging.blobs.file(chunks.digest)
        _ = try await client.upload(chunks, from: tableFile, to: reference, mountFrom: []) { _ in }
        progress(ProgressMessage("Pushed disk", id: id))
        return LazySource(diffID: layer.diffID, disk: disk, chunks: chunks, reference: reference.canonical)
    }
}
