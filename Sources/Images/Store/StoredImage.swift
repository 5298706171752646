import OCI

/// What an entry of the index leads to on this machine: a manifest, and the configuration that it names.
struct StoredImage: Sendable {
    /// What the entry points to: the manifest itself, or an index that has it.
    let target: Descriptor
    /// The manifest for this machine's platform.
    let manifest: Descriptor
    let document: Manifest
    /// The digest of the configuration: the image's id.
    let id: Digest

    /// Follows a descriptor through the blobs.
    ///
    /// - Returns: `nil` if a blob on the way is not there, as when another process removes the image right now.
    init?(_ target: Descriptor, in blobs: BlobFolder) throws(ImageError) {
        var current = target
        for _ in 0...Self.mostIndexes {
            guard let bytes = try blobs.document(current.digest) else { return nil }
            let document = try Manifest(blob: bytes, name: "manifest \(current.digest)")
            guard let choices = document.manifests else {
                guard let config = document.config else { return nil }
                (self.target, manifest, self.document, id) = (target, current, document, config.digest)
                return
            }
            guard let next = choices.first(where: { $0.isRunnable && blobs.contains($0) }) else { return nil }
            current = next.bare
        }
        return nil
    }

    /// How deeply indexes may be nested; builders write one in one at most.
    static let mostIndexes = 3

    /// The layers' blobs, the lowest first.
    var layers: [Descriptor] { document.layers ?? [] }

    /// Everything that must be kept for it, the layers' blobs included.
    var blobs: [Descriptor] { [target, manifest] + [document.config].compactMap(\.self) + layers }
}

extension Descriptor {
    /// Whether it is a manifest of an image that this machine can run.
    var isRunnable: Bool { !isAttestation && fits(.host) }
}
