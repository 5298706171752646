import OCI

/// An image as an archive describes it: nothing of its layers is verified yet.
struct ArchivedImage: Sendable {
    /// The configuration blob; its digest has been compared with the archive's word.
    let blob: [UInt8]
    let configuration: ImageConfiguration
    /// The layers, the lowest first, as many as the configuration names.
    let layers: [ArchivedLayer]
    /// The names that the archive gives it.
    var names: [ImageReference]

    var id: Digest { Digest(hashing: blob) }

    init(blob: [UInt8], layers: [ArchivedLayer], names: [ImageReference], limits: Limits) throws(ImageError) {
        self.blob = blob
        self.layers = layers
        self.names = names
        configuration = try ImageConfiguration(blob: blob)
        try check(limits)
    }

    private func check(_ limits: Limits) throws(ImageError) {
        let name = names.first.map { "image \"\($0)\"" } ?? "image \(id.hex.prefix(12))"
        let platform = Platform(os: configuration.os, architecture: configuration.architecture)
        guard [Platform.host.os, ""].contains(platform.os),
            [Platform.host.architecture, ""].contains(platform.architecture)
        else {
            throw ImageError(
                .unsupported,
                "\(name) is for \(printable("\(platform)".utf8)), this machine runs \(Platform.host)"
            )
        }
        guard configuration.diffIDs.count == layers.count else {
            throw ImageError(
                .badArchive,
                "\(name) has \(layers.count) layers where its configuration names \(configuration.diffIDs.count)"
            )
        }
        guard !layers.isEmpty else { throw ImageError(.unsupported, "\(name) has no layers, so nothing to run") }
        guard layers.count <= limits.layers else {
            throw ImageError(.refused, "\(name) has \(layers.count) layers (at most \(limits.layers))")
        }
    }
}

/// A layer's blob in an archive, and what a manifest promised of it.
struct ArchivedLayer: Sendable {
    let region: FileRegion
    /// The digest of the blob as it is stored, if a manifest names it.
    let digest: Digest?
}
