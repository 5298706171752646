import FoundationEssentials
import OCI

/// Which proxy leads to which host, as the environment says.
///
/// There is no standard: these are the rules that curl and Go's programs share. Names in lower case win over capitals.
struct ProxySettings: Sendable {
    /// Where a proxy is.
    struct Proxy: Hashable, Sendable {
        let host: String
        let port: Int
        let isSOCKS: Bool
        /// `user:password`, as the URL has it.
        let login: String?
    }

    let http: Proxy?
    let https: Proxy?
    private let exceptions: [ProxyException]

    init(environment: [String: String]) throws(ImageError) {
        http = try Self.proxy("HTTP_PROXY", environment)
        https = try Self.proxy("HTTPS_PROXY", environment)
        let list = Self.value("NO_PROXY", environment) ?? ""
        exceptions = list.split { $0 == "," || $0 == " " }.prefix(1024).map { ProxyException($0) }
    }

    /// The proxy for an address; `nil` to go there directly, as always on this machine.
    func proxy(for origin: Origin) -> Proxy? {
        guard !RegistryConfiguration.isLoopback(origin.host) else { return nil }
        guard !exceptions.contains(where: { $0.matches(origin) }) else { return nil }
        return origin.isSecure ? https : http
    }

    private static func value(_ name: String, _ environment: [String: String]) -> String? {
        let value = environment[name.lowercased()] ?? environment[name]
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func proxy(_ name: String, _ environment: [String: String]) throws(ImageError) -> Proxy? {
        guard let value = value(name, environment) else { return nil }
        guard let url = URL(string: value.contains("://") ? value : "http://\(value)"),
            let scheme = url.scheme?.lowercased(), let host = url.host(percentEncoded: false), !host.isEmpty,
            ["http", "socks5", "socks5h"].contains(scheme),
            (1...65535).contains(url.port ?? 1)
        else {
            // The value is not shown: it may hold a password.
            throw ImageError(.invalidArgument, "the proxy in \(name) cannot be used (write http://host:port)")
        }
        let isSOCKS = scheme != "http"
        let login = url.user(percentEncoded: false).map { "\($0):\(url.password(percentEncoded: false) ?? "")" }
        return Proxy(host: host, port: url.port ?? (isSOCKS ? 1080 : 80), isSOCKS: isSOCKS, login: login)
    }
}
