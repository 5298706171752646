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
            let images = try await self.images(in: archive, name: name, staging)
            for image in images { try await build(image, in: staging) }
            return try await commit(images.map { ($0.blob, $0.names) }, from: staging)
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
            let layout = OCILayout(files: files, limits: limits, baseName: archive.imageName)
            return try DockerArchive.images(in: files, limits: limits) ?? layout.images()
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

    private func build(_ image: ArchivedImage, in staging: Staging) async throws {
        for (diffID, layer) in zip(image.configuration.diffIDs, image.layers) {
            let target = LayerFolder(path: staging.layers.appending(diffID.hex))
            let existing = layout.layer(diffID)
            let isThere = try await Blocking.run { _ in
                try target.isIntact || target.link(from: existing)
            }
            if isThere { continue }
            try await Blocking.run { flag in
                try File.createFolder(target.path)
                guard let digest = layer.digest, try layer.region.digest(flag) != digest else { return }
                throw ImageError.mismatch(digest)
            }
            let made = try await converter.convert(layer.region, diffID: diffID, to: target.disk)
            try await finish(made, in: target)
        }
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
