import Linux
package import OCI
package import Registry
import SystemPackage

extension ImageStore {
    /// Sends the image of a name to the registry that the name says.
    ///
    /// Layers that have no compressed form yet, because they were imported or committed, get one first and keep it.
    /// Of an image for several platforms this machine has one, and only that one is sent.
    /// - Returns: the digest under which the registry serves it.
    package func push(
        _ reference: ImageReference,
        with client: RegistryClient,
        progress: @escaping ProgressHandler = { _ in }
    ) async throws -> Digest {
        guard let tag = reference.tag, reference.digest == nil else {
            throw ImageError(.invalidArgument, "\"\(reference)\" has a digest: push a tag (see \"apus tag\")")
        }
        progress(ProgressMessage("The push refers to repository [\(reference.domain)/\(reference.path)]"))
        return try await withStaging { staging in
            let image = try await prepare(reference, in: staging, progress)
            let sources = try mountSources(reference)
            let blobs = image.layers + [image.document.config].compactMap(\.self)
            try await forEachBounded(blobs, limit: Self.parallelTransfers) { blob in
                try await send(blob, from: staging, to: reference, sources[blob.digest] ?? [], client, progress)
            }
            let file = staging.blobs.file(image.manifest.digest)
            let manifest = try File.read(file, limit: BlobFolder.documentLimit) ?? []
            let mediaType = image.manifest.mediaType ?? image.document.mediaType ?? MediaType.manifest
            let digest = try await client.upload(manifest: manifest, mediaType: mediaType, to: reference)
            progress(ProgressMessage("\(tag): digest: \(digest) size: \(manifest.count)"))
            var end = ProgressMessage("")
            end.pushed = .init(tag: tag, digest: digest.description, size: Int64(manifest.count))
            progress(end)
            return digest
        }
    }

    private func send(
        _ blob: Descriptor,
        from staging: Staging,
        to reference: ImageReference,
        _ sources: [ImageReference],
        _ client: RegistryClient,
        _ progress: @escaping ProgressHandler
    ) async throws {
        let id = String(blob.digest.hex.prefix(12))
        progress(ProgressMessage("Preparing", id: id))
        let file = staging.blobs.file(blob.digest)
        let outcome = try await client.upload(blob, from: file, to: reference, mountFrom: sources) { count in
            progress(ProgressMessage("Pushing", id: id, current: count, total: blob.size))
        }
        switch outcome {
        case .existed: progress(ProgressMessage("Layer already exists", id: id))
        case .mounted(let source): progress(ProgressMessage("Mounted from \(source)", id: id))
        case .uploaded: progress(ProgressMessage("Pushed", id: id))
        }
    }

    /// Which other repositories of the same registry are likely to have which blobs.
    private func mountSources(_ reference: ImageReference) throws -> [Digest: [ImageReference]] {
        let catalog = try self.catalog()
        var sources: [Digest: [ImageReference]] = [:]
        for entry in catalog.index.entries {
            guard let name = entry.name, name.domain == reference.domain, name.path != reference.path,
                let stored = try catalog.stored(entry)
            else { continue }
            for blob in stored.blobs { sources[blob.digest, default: []].append(name) }
        }
        return sources
    }

    /// Links all that is to be sent into the staging folder, where no removal reaches it.
    private func prepare(
        _ reference: ImageReference,
        in staging: Staging,
        _ progress: @escaping ProgressHandler
    ) async throws -> StoredImage {
        let catalog = try self.catalog()
        guard let entry = catalog.index.entry(reference), let stored = try catalog.stored(entry) else {
            throw ImageError.notFound(reference.description)
        }
        for blob in stored.blobs where try !staging.adopt(blob, from: layout.blobs.file(blob.digest)) {
            throw ImageError(.damaged, "image \"\(reference)\": blob \(blob.digest) is gone (pull or load it again)")
        }
        guard stored.layers.contains(where: \.isPlain) else { return stored }
        return try await compress(stored, in: staging, progress)
    }

    /// Makes a manifest with compressed layers, and lets the image's names point to it from now on.
    private func compress(
        _ image: StoredImage,
        in staging: Staging,
        _ progress: @escaping ProgressHandler
    ) async throws -> StoredImage {
        var layers: [Descriptor] = []
        for layer in image.layers {
            guard layer.isPlain else {
                layers.append(layer)
                continue
            }
            progress(ProgressMessage("Compressing", id: String(layer.digest.hex.prefix(12))))
            layers.append(try await compress(layer, in: staging))
        }
        guard let config = image.document.config else { return image }
        let manifest = try Manifest(config: config, layers: layers).blob()
        let target = Descriptor(of: manifest, mediaType: MediaType.manifest)
        try staging.blobs.write(manifest)
        guard let compressed = try StoredImage(target, in: staging.blobs) else { return image }
        try await Blocking.run { _ in try replace(image.target, by: compressed, from: staging) }
        return compressed
    }

    private func compress(_ layer: Descriptor, in staging: Staging) async throws -> Descriptor {
        let file = staging.temporary()
        try await tools.run(
            .gzip,
            ["-nc"],
            purpose: "compress layer \(layer.digest)",
            input: staging.blobs.file(layer.digest),
            output: file,
            failure: .system
        )
        let length = File.regularSize(file) ?? 0
        let digest = try await Blocking.run { flag in
            try File.synchronize(file)
            return try FileRegion(path: file, offset: 0, length: length).digest(flag)
        }
        try File.replace(staging.blobs.file(digest), with: file)
        return Descriptor(mediaType: MediaType.gzipLayer, digest: digest, size: length)
    }

    /// Publishes hard links of the new blobs, because the push still reads the staged ones.
    private func replace(_ target: Descriptor, by image: StoredImage, from staging: Staging) throws {
        try FileLock.withLock(layout.lock) {
            for blob in image.blobs where !layout.blobs.contains(blob) {
                guard File.link(staging.blobs.file(blob.digest), to: layout.blobs.file(blob.digest)) else {
                    throw ImageError(.system, "cannot keep the compressed form of layer \(blob.digest) (try again)")
                }
            }
            try AtomicFile.syncDirectory(layout.blobs.path)
            var catalog = try self.catalog()
            catalog.index.replace(target, by: image.target)
            try catalog.index.write(layout.index)
        }
    }
}

extension Descriptor {
    /// Whether it is a layer without compression.
    fileprivate var isPlain: Bool { mediaType == MediaType.layer || mediaType == MediaType.dockerLayer }
}
