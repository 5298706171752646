/// A pointer to a blob, as indexes and manifests have it (OCI image specification, descriptor.md).
package struct Descriptor: Codable, Hashable, Sendable {
    /// The platform that a manifest in an index is for; unknown fields of it are dropped.
    package struct Platform: Codable, Hashable, Sendable {
        package var architecture: String?
        package var os: String?
        package var variant: String?

        package init(architecture: String?, os: String?, variant: String? = nil) {
            self.architecture = architecture
            self.os = os
            self.variant = variant
        }
    }

    /// The blob's format; old documents leave it out.
    package var mediaType: String?
    /// The hash of the blob.
    package var digest: Digest
    /// The blob's length in bytes.
    package var size: Int64
    /// What a manifest in an index runs on.
    package var platform: Platform?
    /// What an artifact is; only in lists of referrers.
    package var artifactType: String?
    /// Free text by key; `null` values count as absent.
    package var annotations: [String: String?]?
    /// Where a foreign layer may be had.
    package var urls: [String]?

    package init(mediaType: String?, digest: Digest, size: Int64) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
    }

    /// Describes bytes that are in memory.
    package init(of blob: [UInt8], mediaType: String) {
        self.init(mediaType: mediaType, digest: Digest(hashing: blob), size: Int64(blob.count))
    }

    /// The pointer alone, without what a list says about it.
    package var bare: Descriptor { Descriptor(mediaType: mediaType, digest: digest, size: size) }

    /// The name that an image layout gives it: containerd's annotation holds the whole name where the specification's
    /// holds the tag alone.
    package var name: String? {
        annotation("io.containerd.image.name") ?? annotation("org.opencontainers.image.ref.name")
    }

    /// An annotation's value.
    package func annotation(_ key: String) -> String? {
        annotations?[key] ?? nil
    }

    /// Whether it is a build record ("attestation"): these travel as manifests of platform unknown/unknown.
    package var isAttestation: Bool {
        annotation("vnd.docker.reference.type") != nil || platform?.os == "unknown"
    }

    /// Whether the blob can hold an image of this platform, as far as the descriptor tells.
    package func fits(_ wanted: OCI.Platform) -> Bool {
        guard let platform else { return true }
        return platform.os == wanted.os && platform.architecture == wanted.architecture
    }
}
