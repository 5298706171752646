import OCI

/// An image on its way into an archive.
struct SavedImage: Sendable {
    let image: StoredImage
    var names: [ImageReference]

    /// An image in the `manifest.json` of `docker save`.
    struct DockerItem: Encodable {
        let config: String
        let tags: [String]
        let layers: [String]

        enum CodingKeys: String, CodingKey {
            case config = "Config"
            case tags = "RepoTags"
            case layers = "Layers"
        }
    }

    var dockerItem: DockerItem {
        DockerItem(
            config: "blobs/sha256/\(image.id.hex)",
            tags: names.filter { $0.digest == nil }.map(\.description),
            layers: image.layers.map { "blobs/sha256/\($0.digest.hex)" }
        )
    }

    /// Its descriptors in the layout's index, one for each name.
    var descriptors: [Descriptor] {
        let plain = image.manifest.bare
        guard !names.isEmpty else { return [plain] }
        return names.map { name in
            var descriptor = plain
            descriptor.annotations = [
                "io.containerd.image.name": name.canonical,
                "org.opencontainers.image.ref.name": name.tag ?? name.canonical,
            ]
            return descriptor
        }
    }

    /// All but an index over further platforms, whose manifests are not here.
    var blobs: [Descriptor] {
        [image.manifest] + [image.document.config].compactMap(\.self) + image.layers
    }
}
