package import SystemPackage

/// A place where one registry's images can be had: the registry itself, or a mirror of it.
package struct RegistryEndpoint: Sendable, Hashable {
    /// How the connection is protected.
    package enum Security: Sendable, Hashable {
        /// TLS, checked against the system's authorities and these files (PEM).
        case verified(authorities: [FilePath])
        /// TLS to whoever answers; only by explicit configuration.
        case unverified
        /// No TLS at all; only by explicit configuration, or on a loopback address as Docker allows it.
        case plain
    }

    /// The host, an address in brackets if it is IPv6.
    package var host: String
    /// The TCP port; `nil` means the scheme's own.
    package var port: Int?
    /// What stands before `/v2/` in paths: empty, or `/` and segments without a trailing slash.
    package var pathPrefix: String
    package var security: Security
    /// Whether it only serves pulls of another registry's images; credentials of that registry are not sent to it.
    package var isMirror: Bool

    package init(
        host: String,
        port: Int? = nil,
        pathPrefix: String = "",
        security: Security = .verified(authorities: []),
        isMirror: Bool = false
    ) {
        self.host = host
        self.port = port
        self.pathPrefix = pathPrefix
        self.security = security
        self.isMirror = isMirror
    }

    /// `https` or `http`.
    package var scheme: String { security == .plain ? "http" : "https" }

    /// The host with its port, as URLs and messages have it.
    package var authority: String { port.map { "\(host):\($0)" } ?? host }

    /// The beginning of every URL of its API, up to and with `/v2`.
    package var base: String { "\(scheme)://\(authority)\(pathPrefix)/v2" }
}
