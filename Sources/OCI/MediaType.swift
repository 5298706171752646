/// The names of the formats that images are made of (OCI image specification, media-types.md; Docker's image manifest
/// version 2, schema 2).
package enum MediaType {
    package static let index = "application/vnd.oci.image.index.v1+json"
    package static let manifest = "application/vnd.oci.image.manifest.v1+json"
    package static let configuration = "application/vnd.oci.image.config.v1+json"
    package static let layer = "application/vnd.oci.image.layer.v1.tar"
    package static let gzipLayer = "application/vnd.oci.image.layer.v1.tar+gzip"
    package static let zstdLayer = "application/vnd.oci.image.layer.v1.tar+zstd"
    package static let empty = "application/vnd.oci.empty.v1+json"

    package static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    package static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    package static let dockerConfiguration = "application/vnd.docker.container.image.v1+json"
    package static let dockerGzipLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    package static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar"

    /// What a client says it can read when it asks for a manifest.
    package static let readable = [manifest, dockerManifest, index, dockerList]

    /// Whether a document of this type lists manifests rather than layers.
    package static func isIndex(_ type: String?) -> Bool { type == index || type == dockerList }

    /// Whether a layer of this type may not be copied and is fetched from where its `urls` say ("foreign").
    package static func isForeign(_ type: String?) -> Bool {
        guard let type else { return false }
        return type.contains(".nondistributable.") || type.hasPrefix("application/vnd.docker.image.rootfs.foreign.")
    }
}
