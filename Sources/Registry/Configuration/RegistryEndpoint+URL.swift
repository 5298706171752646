import OCI

extension RegistryEndpoint {
    /// Reads `http[s]://HOST[:PORT][/PREFIX]`; `nil` for anything else, be it only a user name or a query.
    init?(url: String) {
        guard let separator = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<separator.lowerBound]
        guard scheme == "https" || scheme == "http", url.utf8.count <= 1024 else { return nil }
        let rest = url[separator.upperBound...]
        let authority = String(rest.prefix { $0 != "/" })
        let segments = rest.dropFirst(authority.count).split(separator: "/", omittingEmptySubsequences: true)
        guard ImageReference.isHost(authority), Self.hasUsablePort(authority) else { return nil }
        guard segments.allSatisfy(Self.isSegment) else { return nil }
        let (host, port) = RegistryConfiguration.split(authority)
        self.init(
            host: host,
            port: port,
            pathPrefix: segments.map { "/\($0)" }.joined(),
            security: scheme == "http" ? .plain : .verified(authorities: [])
        )
    }

    /// Whether a name has no port, or one that TCP has.
    static func hasUsablePort(_ name: String) -> Bool {
        let (host, port) = RegistryConfiguration.split(name)
        return host == name || (1...65535).contains(port ?? 0)
    }

    /// Characters that mean themselves in a URL; `.` and `..` are for nobody.
    private static func isSegment(_ segment: Substring) -> Bool {
        guard segment != ".", segment != ".." else { return false }
        return segment.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-._~".utf8.contains(byte)
            }
        }
    }
}
