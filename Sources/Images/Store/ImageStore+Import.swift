package import FoundationEssentials
package import OCI
package import SystemPackage

extension ImageStore {
    /// Makes an image of one layer from a root file system.
    ///
    /// - Parameters:
    ///   - source: a tar archive, plain or compressed with gzip or zstd, or a folder.
    ///   - name: the image's name.
    ///   - changes: how to start it; platform, layers and build date are filled in.
    ///   - created: the build date.
    package func importRootFS(
        from source: FilePath,
        as name: ImageReference,
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
            let isFolder = status.type == .directory
            let archive = isFolder ? staging.temporary() : source
            if isFolder { try await tools.pack(source, to: archive, limits) }
            let (blob, diffID) = try await naming(source, archive) { try await stageRoot(archive, in: staging) }
            let configuration = try changes.completed(diffID: diffID, created: created).blob()
            try staging.blobs.write(configuration)
            let target = try stageManifest(configuration: configuration, layers: [blob], in: staging)
            let staged = StagedImage(target: target, id: Digest(hashing: configuration), names: [name])
            guard let image = try await publish([staged], from: staging).first else {
                throw ImageError.notFound(name.description)
            }
            return image
        }
    }

    /// Stages an archive as the only layer of an image.
    private func stageRoot(_ archive: FilePath, in staging: Staging) async throws -> (Descriptor, Digest) {
        let region = FileRegion(path: archive, offset: 0, length: File.regularSize(archive) ?? 0)
        let mediaType = try Compression.detect(region).mediaType
        let file = staging.temporary()
        let digest = try await Blocking.run { try region.copy(to: file, $0) }
        let blob = Descriptor(mediaType: mediaType, digest: digest, size: region.length)
        return (blob, try await stage(file, as: blob, nil, in: staging))
    }

    /// Lets failures speak of the user's file or folder instead of its copy in the staging area.
    private func naming<Result>(
        _ source: FilePath,
        _ copy: FilePath,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as ImageError {
            throw ImageError(error.code, error.message.replacing(copy.string, with: source.string), cause: error.cause)
        }
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
