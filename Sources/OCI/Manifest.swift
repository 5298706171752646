/// A manifest or an index; the fields tell which (OCI image specification, manifest.md and image-index.md).
///
/// One type reads both, because a registry's word for the type is a claim and the fields are the fact. What is not
/// listed here is dropped by decoding, so documents from elsewhere are always kept as the bytes that they came in.
package struct Manifest: Codable, Sendable {
    package var schemaVersion: Int?
    package var mediaType: String?
    package var artifactType: String?
    /// The image's configuration; only in a manifest.
    package var config: Descriptor?
    /// The layers, the lowest first; only in a manifest.
    package var layers: [Descriptor]?
    /// The manifests of several platforms; only in an index.
    package var manifests: [Descriptor]?
    /// The manifest that this one says something about: a signature's or an SBOM's image.
    package var subject: Descriptor?
    package var annotations: [String: String?]?

    /// An image's manifest.
    package init(config: Descriptor, layers: [Descriptor]) {
        schemaVersion = 2
        mediaType = MediaType.manifest
        self.config = config
        self.layers = layers
    }

    /// An index.
    package init(manifests: [Descriptor]) {
        schemaVersion = 2
        mediaType = MediaType.index
        self.manifests = manifests
    }

    /// Reads a document.
    ///
    /// - Parameter name: what to call it in messages.
    /// - Throws: `.badArchive` if it is no JSON of this form; `.unsupported` for Docker's schema 1.
    package init(blob: [UInt8], name: String) throws(ImageError) {
        self = try JSONFile.decode(Manifest.self, blob, name: name)
        guard schemaVersion != 1 else {
            throw ImageError(.unsupported, "\(name) has Docker's schema 1, which is not read (push the image again)")
        }
    }

    /// Whether it lists manifests.
    package var isIndex: Bool { manifests != nil }

    /// The bytes to store and to hash.
    package func blob() throws -> [UInt8] { try JSONFile.encode(self) }
}
