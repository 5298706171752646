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
            let diffID = try await withBuilder(staging) { builder in
                try await buildRoot(source, isFolder: status.type == .directory, builder, in: staging)
            }
            let blob = try changes.completed(diffID: diffID, created: created).blob()
            guard let image = try await commit([(blob, [name])], from: staging).first else {
                throw ImageError.notFound(name.description)
            }
            return image
        }
    }

    private func buildRoot(
        _ source: FilePath,
        isFolder: Bool,
        _ builder: LayerBuilder,
        in staging: Staging
    ) async throws -> Digest {
        let file = isFolder ? try await builder.pack(source) : source
        let region = FileRegion(path: file, offset: 0, length: (try? file.stat().size) ?? 0)
        let (tar, diffID) = try await naming(source, builder) {
            try await builder.fetch(region, digest: nil, diffID: nil)
        }
        if isFolder { try await Blocking.run { _ in try File.remove(file) } }
        let folder = LayerFolder(path: staging.layers.appending(diffID.hex))
        let existing = layout.layer(diffID)
        if try await Blocking.run({ _ in try folder.link(from: existing) }) { return diffID }
        try await naming(source, builder) { try await finish(tar, diffID: diffID, builder, in: folder) }
        return diffID
    }

    /// Lets failures speak of the user's file instead of its copy in the staging area.
    private func naming<Result>(
        _ source: FilePath,
        _ builder: LayerBuilder,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as ImageError {
            var message = error.message
            for copy in ["blob", "layer.tar"] {
                message = message.replacing(builder.work.appending(copy).string, with: source.string)
            }
            throw ImageError(error.code, message, cause: error.cause)
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
