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
    /// What a registry would serve under a name, and the documents on the way from there to the configuration; nothing
    /// in archives that have no manifests.
    var target: Descriptor?
    var documents: [[UInt8]] = []

    var id: Digest { Digest(hashing: blob) }

    init(blob: [UInt8], layers: [ArchivedLayer], names: [ImageReference], limits: Limits) throws(ImageError) {
        self.blob = blob
        self.layers = layers
        self.names = names
        configuration = try ImageConfiguration(blob: blob)
        try configuration.check(layers: layers.count, name: names.first, id: id, limits)
    }

}

extension ImageConfiguration {
    /// Refuses an image that this machine cannot run, or whose configuration does not fit its manifest.
    func check(layers: Int, name: ImageReference?, id: Digest, _ limits: Limits) throws(ImageError) {
        let name = name.map { "image \"\($0)\"" } ?? "image \(id.hex.prefix(12))"
        let platform = Platform(os: os, architecture: architecture)
        guard [Platform.host.os, ""].contains(platform.os),
            [Platform.host.architecture, ""].contains(platform.architecture)
        else {
            throw ImageError(
                .unsupported,
                "\(name) is for \(printable("\(platform)".utf8)), this machine runs \(Platform.host)"
            )
        }
        guard diffIDs.count == layers else {
            throw ImageError(
                .badArchive,
                "\(name) has \(layers) layers where its configuration names \(diffIDs.count)"
            )
        }
        guard layers > 0 else { throw ImageError(.unsupported, "\(name) has no layers, so nothing to run") }
        guard layers <= limits.layers else {
            throw ImageError(.refused, "\(name) has \(layers) layers (at most \(limits.layers))")
        }
    }
}

/// A layer's blob in an archive, and what a manifest promised of it.
struct ArchivedLayer: Sendable {
    let region: FileRegion
    /// The digest of the blob as it is stored, if the archive names it.
    let digest: Digest?
    /// The blob's format, if a manifest names it.
    var mediaType: String?
}
