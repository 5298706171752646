import OCI

/// The `index.json` of an OCI image layout (OCI image specification, image-layout.md).
struct OCILayout {
    let files: ArchiveFiles
    let limits: Limits
    /// The name for images whose layout gives a tag only, or nothing.
    let baseName: String?

    /// Reads the images for this machine; `nil` if there is no layout.
    func images() throws -> [ArchivedImage]? {
        guard files.find("oci-layout") != nil, let region = files.find("index.json") else { return nil }
        let index = try JSONFile.decode(Manifest.self, region.read(limit: 8 << 20), name: "index.json")
        let found = (index.manifests ?? []).filter { !$0.isAttestation }
        guard found.count <= limits.images else {
            throw ImageError(.refused, "the archive has \(found.count) manifests (at most \(limits.images))")
        }
        // Manifests that share a name are one image for several platforms.
        let groups = Dictionary(grouping: found) { $0.name ?? "" }
        return try groups.sorted { $0.key < $1.key }.flatMap { _, descriptors in
            let fitting = descriptors.filter(\.isRunnable)
            let chosen = try fitting.isEmpty ? [ManifestChain.choose(descriptors, of: "index.json")] : fitting
            return try chosen.map { try image($0, names: names($0)) }
        }
    }

    /// Full names stand for themselves, a bare tag belongs to the base name, and so does no name at all.
    private func names(_ descriptor: Descriptor) throws -> [ImageReference] {
        if let name = descriptor.name, name.contains(where: { "/:@".contains($0) }) {
            return [try ImageReference(name)]
        }
        guard let baseName, let base = try? ImageReference(baseName) else { return [] }
        guard let tag = descriptor.name, ImageReference.isTag(tag) else { return [base] }
        return [try ImageReference("\(base.domain)/\(base.path):\(tag)")]
    }

    private func image(_ descriptor: Descriptor, names: [ImageReference]) throws -> ArchivedImage {
        let chain = try ManifestChain(target: descriptor, bytes: verified(descriptor)) { try verified($0) }
        var image = try ArchivedImage(
            blob: try verified(chain.config),
            layers: try chain.layers.map(layer),
            names: names,
            limits: limits
        )
        image.target = chain.target.bare
        image.documents = chain.documents
        return image
    }

    private func layer(_ descriptor: Descriptor) throws(ImageError) -> ArchivedLayer {
        ArchivedLayer(region: try region(descriptor), digest: descriptor.digest, mediaType: descriptor.mediaType)
    }

    private func verified(_ descriptor: Descriptor) throws(ImageError) -> [UInt8] {
        let blob = try region(descriptor).read(limit: 8 << 20)
        guard Digest(hashing: blob) == descriptor.digest else { throw .mismatch(descriptor.digest) }
        return blob
    }

    private func region(_ descriptor: Descriptor) throws(ImageError) -> FileRegion {
        let region = try files.require("blobs/sha256/\(descriptor.digest.hex)")
        guard region.length == descriptor.size else {
            throw ImageError(
                .digestMismatch,
                "blob \(descriptor.digest) has \(region.length) bytes instead of \(descriptor.size) (save the image again)"
            )
        }
        return region
    }
}

extension ImageError {
    /// A blob's bytes are not those that its digest promises.
    static func mismatch(_ digest: Digest) -> ImageError {
        ImageError(.digestMismatch, "the bytes of \(digest) are not what the digest says (save the image again)")
    }
}
