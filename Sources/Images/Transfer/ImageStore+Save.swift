import OCI
package import SystemPackage

extension ImageStore {
    /// Writes images, blobs as they were published, to a descriptor.
    ///
    /// - Parameters:
    ///   - images: names or ids; an image that is given by its id goes without a name.
    ///   - output: where the archive goes; on failure it holds a part of it.
    package func save(_ images: [String], format: ArchiveFormat, to output: FileDescriptor) async throws {
        try await withStaging { staging in
            let catalog = try self.catalog()
            var saved: [SavedImage] = []
            for text in images { try Self.add(try hold(text, catalog, in: staging), to: &saved) }
            let images = saved
            try await Blocking.run { flag in
                try Self.write(images, format, from: staging, ArchiveWriter(output: output), flag)
            }
        }
    }

    /// Links all that an image needs into the staging folder, where no removal reaches it.
    private func hold(_ text: String, _ catalog: Catalog, in staging: Staging) throws -> SavedImage {
        let entry = try catalog.find(text)
        guard let image = try catalog.stored(entry) else { throw ImageError.notFound(text) }
        for blob in image.blobs where try !staging.adopt(blob, from: layout.blobs.file(blob.digest)) {
            throw ImageError(.damaged, "image \"\(text)\": blob \(blob.digest) is gone (pull or load it again)")
        }
        let isNamed = catalog.named(text) != nil
        return SavedImage(image: image, names: isNamed ? [entry.name].compactMap(\.self) : [])
    }

    private static func add(_ image: SavedImage, to saved: inout [SavedImage]) throws {
        if let index = saved.firstIndex(where: { $0.image.manifest == image.image.manifest }) {
            saved[index].names += image.names.filter { !saved[index].names.contains($0) }
        } else {
            saved.append(image)
        }
    }

    private static func write(
        _ images: [SavedImage],
        _ format: ArchiveFormat,
        from staging: Staging,
        _ archive: ArchiveWriter,
        _ flag: CancellationFlag
    ) throws {
        try archive.add("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        try archive.add("index.json", try Manifest(manifests: images.flatMap(\.descriptors)).blob())
        if format == .docker { try archive.add("manifest.json", try JSONFile.encode(images.map(\.dockerItem))) }
        var written: Set<Digest> = []
        for blob in images.flatMap(\.blobs) where written.insert(blob.digest).inserted {
            let file = FileRegion(path: staging.blobs.file(blob.digest), offset: 0, length: blob.size)
            try archive.add("blobs/sha256/\(blob.digest.hex)", file: file, flag)
        }
        try archive.finish()
    }
}
