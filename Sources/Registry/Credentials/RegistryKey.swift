import OCI

/// The names that a registry has in Docker's configuration file.
enum RegistryKey {
    /// Docker's own registry; the key is older than today's API and means that registry nonetheless.
    private static let dockerHub = "https://index.docker.io/v1/"
    private static let dockerHubHosts = ["docker.io", "index.docker.io", "registry-1.docker.io"]

    /// The key that Docker writes and gives to credential helpers.
    static func canonical(_ registry: String) -> String {
        name(registry) == ImageReference.defaultDomain ? dockerHub : registry
    }

    /// The keys that mean a registry, the most exact first.
    static func matches(_ registry: String, in keys: some Sequence<String>) -> [String] {
        let wanted = [canonical(registry), registry]
        let rank = { (key: String) in wanted.firstIndex(of: key) ?? wanted.count }
        return keys.filter { host(of: $0) == name(registry) }
            .sorted { (rank($0), $0) < (rank($1), $1) }
    }

    /// The registry that a key means, `nil` if it means only a part of one.
    ///
    /// Old clients wrote URLs, whose path does not matter. Podman has keys such as `host/team`, whose credentials are
    /// not for the rest of the host.
    private static func host(of key: String) -> String? {
        var rest = key[...]
        let scheme = ["https://", "http://"].first { key.hasPrefix($0) }
        if let scheme { rest = rest.dropFirst(scheme.count) }
        let host = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(host.count).split(separator: "/")
        guard scheme != nil || path.isEmpty || path == ["v1"] || path == ["v2"] else { return nil }
        return name(String(host))
    }

    private static func name(_ host: String) -> String {
        dockerHubHosts.contains(host) ? ImageReference.defaultDomain : host
    }
}
