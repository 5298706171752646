import OCI

/// The manifest by which an image's publisher offers the disks of its layers.
///
/// For each layer it has the disk, and right behind it the table of the disk's chunks, as blobs; both say in an
/// annotation which layer they belong to.
struct PublishedDisks: Sendable {
    /// What referrers call it; the number at the end is that of the chunk table's format too.
    static let artifactType = "application/vnd.apus.disks.v1"
    static let diskType = "application/vnd.apus.disk.v1+erofs"
    static let chunksType = "application/vnd.apus.chunks.v1"
    /// The annotation with the digest of the layer's uncompressed archive.
    private static let diffIDKey = "vnd.apus.diff-id"
    /// The configuration of an artifact that has none (OCI image specification, "Guidance for an Empty Descriptor").
    static let emptyConfiguration = Array("{}".utf8)

    let layers: [LazySource]

    init(_ layers: [LazySource]) { self.layers = layers }

    /// Reads what somebody has published.
    ///
    /// - Throws: `.badArchive` for what is incomplete or contradicts itself.
    init(_ manifest: Manifest, of reference: ImageReference, _ limits: Limits) throws(ImageError) {
        var layers: [LazySource] = []
        var blobs = (manifest.layers ?? []).prefix(2 * limits.layers)
        while let disk = blobs.popFirst() {
            guard disk.mediaType == Self.diskType, let diffID = disk.annotation(Self.diffIDKey),
                let chunks = blobs.popFirst(), chunks.mediaType == Self.chunksType,
                chunks.annotation(Self.diffIDKey) == diffID
            else { throw ImageError(.badArchive, "the disks published for \"\(reference)\" are incomplete") }
            try Self.check(disk, chunks, reference, limits)
            layers.append(
                LazySource(
                    diffID: try Digest(diffID),
                    disk: disk.bare,
                    chunks: chunks.bare,
                    reference: reference.canonical
                )
            )
        }
        self.layers = layers
    }

    private static func check(
        _ disk: Descriptor,
        _ chunks: Descriptor,
        _ reference: ImageReference,
        _ limits: Limits
    ) throws(ImageError) {
        guard disk.size > 0, disk.size % 4096 == 0, disk.size <= limits.layerBytes,
            chunks.size == ChunkTable.length(for: disk.size)
        else {
            throw ImageError(
                .refused,
                "a disk published for \"\(reference)\" has \(disk.size) bytes and a table of \(chunks.size), which "
                    + "does not fit or is more than \(limits.layerBytes) bytes (pull without --lazy)"
            )
        }
    }

    /// The manifest's bytes.
    func manifest(subject: Descriptor) throws -> [UInt8] {
        let blobs = layers.flatMap { layer in
            [(layer.disk, Self.diskType), (layer.chunks, Self.chunksType)].map { blob, type in
                var descriptor = Descriptor(mediaType: type, digest: blob.digest, size: blob.size)
                descriptor.annotations = [Self.diffIDKey: layer.diffID.description]
                return descriptor
            }
        }
        let config = Descriptor(of: Self.emptyConfiguration, mediaType: MediaType.empty)
        var manifest = Manifest(config: config, layers: blobs)
        manifest.artifactType = Self.artifactType
        manifest.subject = subject.bare
        return try manifest.blob()
    }
}
