import OCI

/// The way from what a name points to down to the manifest of this machine's platform.
struct ManifestChain: Sendable {
    /// What the name points to.
    let target: Descriptor
    /// The manifest at the end of the way.
    let manifest: Descriptor
    let config: Descriptor
    /// The layers' blobs, the lowest first.
    let layers: [Descriptor]
    /// The bytes of the indexes and of the manifest, from the target on.
    let documents: [[UInt8]]

    /// Follows a target; the documents' bytes have been verified by whoever reads them.
    ///
    /// - Parameter read: gets the document that a descriptor points to.
    init(
        target: Descriptor,
        bytes: [UInt8],
        read: (Descriptor) async throws -> [UInt8]
    ) async throws {
        var walk = Walk(target: target)
        var next = try walk.take(bytes)
        while let descriptor = next { next = try walk.take(try await read(descriptor)) }
        self = try walk.finish()
    }

    /// The same for documents that are on this machine.
    init(target: Descriptor, bytes: [UInt8], read: (Descriptor) throws -> [UInt8]) throws {
        var walk = Walk(target: target)
        var next = try walk.take(bytes)
        while let descriptor = next { next = try walk.take(try read(descriptor)) }
        self = try walk.finish()
    }

    private init(_ walk: Walk, config: Descriptor, layers: [Descriptor]) {
        (target, manifest, documents) = (walk.target, walk.current, walk.documents)
        (self.config, self.layers) = (config, layers)
    }

    /// The walk itself, without the reading.
    private struct Walk {
        let target: Descriptor
        var current: Descriptor
        var documents: [[UInt8]] = []
        var last: Manifest?

        init(target: Descriptor) {
            self.target = target
            current = target
        }

        /// Takes a document in.
        ///
        /// - Returns: where to go on; `nil` at the end.
        mutating func take(_ bytes: [UInt8]) throws(ImageError) -> Descriptor? {
            let document = try Manifest(blob: bytes, name: "manifest \(current.digest)")
            documents.append(bytes)
            last = document
            guard let manifests = document.manifests else { return nil }
            guard documents.count <= StoredImage.mostIndexes else {
                throw ImageError(.badArchive, "index \(target.digest) is nested too deeply")
            }
            current = try ManifestChain.choose(manifests, of: "index \(current.digest)").bare
            return current
        }

        func finish() throws(ImageError) -> ManifestChain {
            guard let config = last?.config, let layers = last?.layers else {
                throw ImageError(.badArchive, "manifest \(current.digest) is neither an image nor an index")
            }
            guard let foreign = layers.first(where: { MediaType.isForeign($0.mediaType) }) else {
                return ManifestChain(self, config: config, layers: layers)
            }
            throw ImageError(
                .unsupported,
                "layer \(foreign.digest) is foreign: its publisher keeps it elsewhere (use an image without such layers)"
            )
        }
    }

    /// Chooses the manifest of this machine's platform.
    static func choose(_ manifests: [Descriptor], of index: String) throws(ImageError) -> Descriptor {
        if let choice = manifests.first(where: \.isRunnable) { return choice }
        let platforms = manifests.compactMap { $0.isAttestation ? nil : $0.platform }
            .map { "\($0.os ?? "?")/\($0.architecture ?? "?")" }
        guard !platforms.isEmpty else {
            throw ImageError(.badArchive, "\(index) is empty: it lists no image")
        }
        let list = printable(platforms.joined(separator: ", ").utf8)
        throw ImageError(.unsupported, "the image is for \(list), this machine runs \(Platform.host)")
    }
}
