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
            try choose(descriptors).map { try image($0, names: names($0), depth: 0) }
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

    private func choose(_ descriptors: [Descriptor]) throws(ImageError) -> [Descriptor] {
        let fitting = descriptors.filter { $0.fits(.host) }
        guard fitting.isEmpty else { return fitting }
        let platforms = descriptors.compactMap(\.platform).map { "\($0.os ?? "?")/\($0.architecture ?? "?")" }
        let list = printable(platforms.joined(separator: ", ").utf8)
        throw ImageError(.unsupported, "the image is for \(list), this machine runs \(Platform.host)")
    }

    private func image(_ descriptor: Descriptor, names: [ImageReference], depth: Int) throws -> ArchivedImage {
        let blob = try verified(descriptor)
        let document = try JSONFile.decode(Manifest.self, blob, name: "manifest \(descriptor.digest)")
        if let nested = document.manifests {
            guard depth < 3, let choice = try choose(nested.filter { !$0.isAttestation }).first else {
                throw ImageError(.badArchive, "index \(descriptor.digest) is empty or nested too deeply")
            }
            return try image(choice, names: names, depth: depth + 1)
        }
        guard let config = document.config, let layers = document.layers else {
            throw ImageError(.badArchive, "manifest \(descriptor.digest) is neither an image nor an index")
        }
        return try ArchivedImage(
            blob: try verified(config),
            layers: try layers.map(layer),
            names: names,
            limits: limits
        )
    }

    private func layer(_ descriptor: Descriptor) throws(ImageError) -> ArchivedLayer {
        ArchivedLayer(region: try region(descriptor), digest: descriptor.digest)
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
