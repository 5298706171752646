import Linux
package import OCI
package import SystemPackage

extension ImageStore {
    /// Loads the images of an archive for this machine's platform.
    ///
    /// Reads `docker save` archives, OCI layouts in an archive or a folder, and either of the archives compressed
    /// with gzip or zstd. All images of an archive appear at once, after every byte has been verified.
    ///
    /// - Parameters:
    ///   - archive: the file, or the folder of an OCI layout.
    ///   - name: the name for the image; it replaces the archive's own, and the archive must hold one image. Where
    ///     it is left out, an OCI layout that names its images by tag alone, or not at all, gives them the file's
    ///     base name; images in a `docker save` archive without tags stay nameless.
    /// - Returns: the images, each once.
    package func load(archive: FilePath, as name: ImageReference? = nil) async throws -> [Image] {
        try refusePinned(name)
        return try await withStaging { staging in
            var staged: [StagedImage] = []
            for image in try await self.images(in: archive, name: name, staging) {
                staged.append(try await stage(image, in: staging))
            }
            return try await publish(staged, from: staging)
        }
    }

    /// Names say which image they mean: a digest cannot be given to what has another.
    func refusePinned(_ name: ImageReference?) throws(ImageError) {
        guard let name, name.digest != nil else { return }
        throw ImageError(.invalidArgument, "\"\(name)\" pins a digest, which cannot be given to an image (use a tag)")
    }

    private func images(
        in archive: FilePath,
        name: ImageReference?,
        _ staging: Staging
    ) async throws -> [ArchivedImage] {
        let files = try await open(archive, staging)
        let limits = limits
        var images = try await Blocking.run { _ in
            // An archive that is both has the manifests, and with them the digests, in its layout.
            let isDocker = files.find("manifest.json") != nil
            let layout = OCILayout(files: files, limits: limits, baseName: isDocker ? nil : archive.imageName)
            return try layout.images() ?? DockerArchive.images(in: files, limits: limits)
        }
        guard let found = images, !found.isEmpty else {
            throw ImageError(
                .badArchive,
                "\(archive) holds no image (expected an archive made by \"docker save\" or an OCI layout)"
            )
        }
        images = Self.merged(found)
        guard let name else { return images ?? [] }
        guard var only = images?.first, images?.count == 1 else {
            throw ImageError(.invalidArgument, "\(archive) holds several images, so \"\(name)\" cannot name them all")
        }
        only.names = [name]
        return [only]
    }

    /// One image may be listed once for each of its names.
    private static func merged(_ images: [ArchivedImage]) -> [ArchivedImage] {
        var merged: [ArchivedImage] = []
        for image in images {
            if let index = merged.firstIndex(where: { $0.id == image.id }) {
                merged[index].names += image.names
            } else {
                merged.append(image)
            }
        }
        return merged
    }

    private func open(_ archive: FilePath, _ staging: Staging) async throws -> ArchiveFiles {
        guard let status = try? archive.stat() else {
            throw ImageError(.badArchive, "there is no archive \(archive)")
        }
        if status.type == .directory { return ArchiveFiles(folder: archive) }
        guard status.type == .regular else {
            throw ImageError(.badArchive, "\(archive) is neither a file nor a folder")
        }
        let whole = FileRegion(path: archive, offset: 0, length: status.size)
        let plain = try await Compression.detect(whole).expand(
            archive,
            to: staging.path.appending("archive.tar"),
            limit: limits.archiveBytes,
            purpose: "decompress \(archive)",
            tools
        )
        let limits = limits
        return try await Blocking.run { try ArchiveFiles(tar: plain, limits: limits, $0) }
    }

    /// Stages all of an image: its layers, its documents, and a manifest for an image that has none.
    private func stage(_ image: ArchivedImage, in staging: Staging) async throws -> StagedImage {
        var layers: [Descriptor] = []
        for (diffID, layer) in zip(image.configuration.diffIDs, image.layers) {
            layers.append(try await stage(layer, diffID, in: staging))
        }
        try await stageImpliedFolders(image.configuration, in: staging)
        let target = try image.target ?? stageManifest(configuration: image.blob, layers: layers, in: staging)
        for document in image.documents + [image.blob] { try staging.blobs.write(document) }
        return StagedImage(target: target, id: image.id, names: image.names)
    }

    private func stage(_ layer: ArchivedLayer, _ diffID: Digest, in staging: Staging) async throws -> Descriptor {
        let mediaType = try layer.mediaType ?? Compression.detect(layer.region).mediaType
        if let digest = layer.digest ?? (mediaType == MediaType.layer ? diffID : nil) {
            let known = Descriptor(mediaType: mediaType, digest: digest, size: layer.region.length)
            if try staging.adopt(known, diffID, from: layout) { return known }
        }
        let file = staging.temporary()
        let digest = try await Blocking.run { try layer.region.copy(to: file, $0) }
        if let promised = layer.digest, promised != digest { throw ImageError.mismatch(promised) }
        let blob = Descriptor(mediaType: mediaType, digest: digest, size: layer.region.length)
        try await stage(file, as: blob, diffID, in: staging)
        return blob
    }

    /// Stages a layer whose whole, verified blob is a file of the staging folder.
    ///
    /// - Returns: the digest of the plain bytes.
    @discardableResult
    func stage(_ file: FilePath, as blob: Descriptor, _ diffID: Digest?, in staging: Staging) async throws -> Digest {
        let staged = staging.blobs.file(blob.digest)
        try await Blocking.run { _ in
            try File.synchronize(file)
            try File.replace(staged, with: file)
        }
        if let diffID, try staging.adopt(blob, diffID, from: layout) { return diffID }
        let work = LayerFolder(path: staging.temporary())
        let plain = try await convert(staged, diffID, to: work)
        try await Blocking.run { _ in
            let layer = staging.layer(plain)
            if layer.isIntact { return }
            try File.move(work.path, to: layer.path)
        }
        return plain
    }

    /// Stages a manifest of ours.
    func stageManifest(configuration: [UInt8], layers: [Descriptor], in staging: Staging) throws -> Descriptor {
        let config = Descriptor(of: configuration, mediaType: MediaType.configuration)
        let manifest = try Manifest(config: config, layers: layers).blob()
        try staging.blobs.write(manifest)
        return Descriptor(of: manifest, mediaType: MediaType.manifest)
    }
}

extension FilePath {
    /// A name for an image that brings none: the file's name without the endings of archives.
    fileprivate var imageName: String? {
        var name = lexicallyNormalized().lastComponent?.string ?? ""
        for ending in [".gz", ".zst", ".tgz", ".tar", ".oci"] where name.hasSuffix(ending) {
            name.removeLast(ending.count)
        }
        return name.contains(":") || name.contains("@") ? nil : name
    }
}
