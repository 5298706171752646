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
            let diffID = try await buildRoot(source, size: status.type == .directory ? nil : status.size, in: staging)
            let blob = try changes.completed(diffID: diffID, created: created).blob()
            guard let image = try await commit([(blob, [name])], from: staging).first else {
                throw ImageError.notFound(name.description)
            }
            return image
        }
    }

    /// - Parameter size: the length of an archive; `nil` for a folder.
    private func buildRoot(_ source: FilePath, size: Int64?, in staging: Staging) async throws -> Digest {
        let made = LayerFolder(path: staging.path.appending("imported"))
        try await Blocking.run { _ in try File.createFolder(made.path) }
        let region = size.map { FileRegion(path: source, offset: 0, length: $0) }
        let layer =
            if let region { try await converter.convert(region, diffID: nil, to: made.disk) } else {
                try await converter.convert(folder: source, to: made.disk)
            }
        let folder = LayerFolder(path: staging.layers.appending(layer.diffID.hex))
        let existing = layout.layer(layer.diffID)
        if try await Blocking.run({ _ in try folder.link(from: existing) }) { return layer.diffID }
        try await finish(layer, in: made)
        try await Blocking.run { _ in try File.move(made.path, to: folder.path) }
        return layer.diffID
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
