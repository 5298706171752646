import FoundationEssentials
import OCI

/// The `manifest.json` of a `docker save` archive.
enum DockerArchive {
    private struct Item: Decodable {
        let config: String
        let tags: [String]?
        let layers: [String]?

        enum CodingKeys: String, CodingKey {
            case config = "Config"
            case tags = "RepoTags"
            case layers = "Layers"
        }
    }

    /// Reads the images; `nil` if the archive has no such file.
    static func images(in files: ArchiveFiles, limits: Limits) throws -> [ArchivedImage]? {
        guard let region = files.find("manifest.json") else { return nil }
        let items = try JSONFile.decode([Item].self, try region.read(limit: 8 << 20), name: "manifest.json")
        guard items.count <= limits.images else {
            throw ImageError(.refused, "the archive has \(items.count) images (at most \(limits.images))")
        }
        return try items.map { try image($0, in: files, limits) }
    }

    private static func image(_ item: Item, in files: ArchiveFiles, _ limits: Limits) throws -> ArchivedImage {
        let blob = try files.read(item.config)
        if let promised = digest(inName: item.config), promised != Digest(hashing: blob) {
            throw ImageError(
                .digestMismatch,
                "the configuration \(item.config) is not what its name says (save the image again)"
            )
        }
        let layers = try (item.layers ?? []).map { name in
            ArchivedLayer(region: try files.require(name), digest: blobDigest(name))
        }
        let names = try (item.tags ?? []).map { try ImageReference($0) }
        return try ArchivedImage(blob: blob, layers: layers, names: names, limits: limits)
    }

    /// Docker names a configuration `<id>.json`, newer versions `blobs/sha256/<id>`.
    private static func digest(inName name: String) -> Digest? {
        Digest(hex: name.hasSuffix(".json") ? name.dropLast(5) : name[...]) ?? blobDigest(name)
    }

    private static func blobDigest(_ name: String) -> Digest? {
        let folder = "blobs/sha256/"
        return name.hasPrefix(folder) ? Digest(hex: name.dropFirst(folder.count)) : nil
    }
}
