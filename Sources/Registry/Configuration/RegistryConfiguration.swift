package import OCI
package import SystemPackage

/// What this machine was told about registries.
package struct RegistryConfiguration: Sendable, Hashable {
    /// What is known about one registry.
    package struct Host: Sendable, Hashable {
        /// Further places to pull from, tried first and in this order.
        package var mirrors: [RegistryEndpoint]
        /// Where the registry itself is, if its name does not tell.
        package var endpoint: RegistryEndpoint?

        package init(mirrors: [RegistryEndpoint] = [], endpoint: RegistryEndpoint? = nil) {
            self.mirrors = mirrors
            self.endpoint = endpoint
        }
    }

    /// Registries by the name that image references have.
    package var hosts: [String: Host]
    /// Authorities (PEM) that are trusted for every registry beside the system's.
    package var authorities: [FilePath]
    /// The registry of image names that name none.
    package var defaultDomain: String

    package init(
        hosts: [String: Host] = [:],
        authorities: [FilePath] = [],
        defaultDomain: String = ImageReference.defaultDomain
    ) {
        self.hosts = hosts
        self.authorities = authorities
        self.defaultDomain = defaultDomain
    }

    /// Reads an image name as the user of this machine means it: short names belong to the default registry.
    package func reference(_ text: String) throws(ImageError) -> ImageReference {
        try ImageReference(text, defaultDomain: defaultDomain)
    }

    /// Where to pull from, the first that has it wins; the last is the registry itself, which is also where to push.
    package func endpoints(for registry: String) -> [RegistryEndpoint] {
        let host = hosts[registry]
        return (host?.mirrors ?? []) + [host?.endpoint ?? standardEndpoint(for: registry)]
    }

    /// What a registry's name says about its place: TLS, except on this machine, where Docker tries plain HTTP.
    func standardEndpoint(for registry: String) -> RegistryEndpoint {
        let (host, port) = Self.split(registry == ImageReference.defaultDomain ? Self.defaultHost : registry)
        return RegistryEndpoint(
            host: host,
            port: port,
            security: Self.isLoopback(host) ? .plain : .verified(authorities: authorities)
        )
    }

    /// The API of the default registry does not live under the name that references have.
    private static let defaultHost = "registry-1.docker.io"

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host.hasPrefix("127.") || host == "[::1]"
    }

    static func split(_ registry: String) -> (host: String, port: Int?) {
        guard let colon = registry.lastIndex(of: ":"), !registry[colon...].contains("]") else { return (registry, nil) }
        return (String(registry[..<colon]), Int(registry[registry.index(after: colon)...]))
    }
}
