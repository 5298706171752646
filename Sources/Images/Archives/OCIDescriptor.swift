/// A pointer to a blob, as OCI indexes and manifests have it.
struct OCIDescriptor: Decodable, Sendable {
    struct Platform: Decodable, Sendable {
        let architecture: String?
        let os: String?
    }

    let mediaType: String?
    let digest: Digest
    let size: Int64
    let platform: Platform?
    let annotations: [String: String?]?

    /// The name that the layout gives it: containerd's annotation holds the whole name where the specification's
    /// holds the tag alone.
    var name: String? {
        annotation("io.containerd.image.name") ?? annotation("org.opencontainers.image.ref.name")
    }

    /// Build records ("attestations") travel as manifests of platform unknown/unknown.
    var isAttestation: Bool {
        annotation("vnd.docker.reference.type") != nil || platform?.os == "unknown"
    }

    /// Whether the blob can hold an image of this platform, as far as the descriptor tells.
    func fits(_ wanted: Images.Platform) -> Bool {
        guard let platform else { return true }
        return platform.os == wanted.os && platform.architecture == wanted.architecture
    }

    private func annotation(_ key: String) -> String? {
        annotations?[key] ?? nil
    }
}

/// An index or a manifest: the fields tell which.
struct OCIDocument: Decodable, Sendable {
    let manifests: [OCIDescriptor]?
    let config: OCIDescriptor?
    let layers: [OCIDescriptor]?
}
