package import FoundationEssentials
package import OCI
package import SystemPackage

extension ImageStore {
    /// Makes an image of one layer from a root file system.
    ///
    /// - Parameters:
    ///   - source: a tar archive, plain or compressed with gzip or zstd, or a folder.
    ///   - name: the image's name, if it gets one.
    ///   - changes: how to start it; platform, layers and build date are filled in.
    ///   - created: the build date.
    package func importRootFS(
        from source: FilePath,
        as name: ImageReference?,
        changes: ImageConfiguration = ImageConfiguration(),
        created: Date = .now
    ) async throws -> Image {
        try refusePinned(name)
        guard let status = try? source.stat() else {
            throw ImageError(.badArchive, "there is no file or folder \(source)")
        }
        guard status.type == .directory || status.type == .regular else {
            throw ImageError(.badArchive, "\(source) is neither a file nor a folder")
        }
        return try await withStaging { staging in
            let (blob, diffID) =
                status.type == .directory
                ? try await stageFolder(source, in: staging) : try await stageArchive(source, in: staging)
            let configuration = try changes.completed(diffID: diffID, created: created).blob()
            try staging.blobs.write(configuration)
            let target = try stageManifest(configuration: configuration, layers: [blob], in: staging)
            let staged = StagedImage(target: target, id: Digest(hashing: configuration), names: name.map { [$0] } ?? [])
            guard let image = try await publish([staged], from: staging).first else {
                throw ImageError.notFound(name?.description ?? "\(staged.id)")
            }
            return image
        }
    }

    /// Stages an archive as the only layer of an image; its failures speak of the user's file, not of the copy.
    private func stageArchive(_ archive: FilePath, in staging: Staging) async throws -> (Descriptor, Digest) {
        let region = FileRegion(path: archive, offset: 0, length: File.regularSize(archive) ?? 0)
        let mediaType = try Compression.detect(region).mediaType
        let file = staging.temporary()
        let digest = try await Blocking.run { try region.copy(to: file, $0) }
        let blob = Descriptor(mediaType: mediaType, digest: digest, size: region.length)
        do {
            return (blob, try await stage(file, as: blob, nil, in: staging))
        } catch let error as ImageError {
            let copy = staging.blobs.file(digest).string
            throw ImageError(error.code, error.message.replacing(copy, with: archive.string), cause: error.cause)
        }
    }

    /// Stages a folder as the only layer of an image.
    private func stageFolder(_ folder: FilePath, in staging: Staging) async throws -> (Descriptor, Digest) {
        let (work, file) = (LayerFolder(path: staging.temporary()), staging.temporary())
        try await Blocking.run { _ in try File.createFolder(work.path) }
        let converted = try await LayerConverter(tools: tools, limits: limits)
            .convert(folder: folder, to: work.disk, copy: file)
        let blob = Descriptor(mediaType: MediaType.layer, digest: converted.diffID, size: converted.uncompressedSize)
        try await Blocking.run { _ in
            try work.finish(converted)
            try File.synchronize(file)
            try File.replace(staging.blobs.file(blob.digest), with: file)
            try File.move(work.path, to: staging.layer(converted.diffID).path)
        }
        return (blob, converted.diffID)
    }
}

extension ImageConfiguration {
    fileprivate func completed(diffID: Digest, created: Date) -> ImageConfiguration {
        var complete = self
        complete.os = Platform.host.os
        complete.architecture = Platform.host.architecture
        complete.diffIDs = [diffID]
        complete.created = created
        return complete
    }
}
