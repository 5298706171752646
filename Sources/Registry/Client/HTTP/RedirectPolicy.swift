import OCI

/// Where redirects may lead, and what may be shown there.
struct RedirectPolicy {
    /// How many are followed: registries need one, to where their blobs are stored.
    static let limit = 5

    private var visited: [WebAddress]
    /// Whether every place so far was the registry itself; once left, the way back does not restore it.
    private(set) var keepsAuthorization = true

    init(from start: WebAddress) {
        visited = [start]
    }

    /// Where the chain stands.
    var current: WebAddress { visited[visited.count - 1] }

    /// Takes one step.
    ///
    /// - Throws: if the target is unusable, was already visited, gives TLS up, or is one too many.
    mutating func follow(_ location: String?) throws(RegistryFailure) {
        guard let location, let next = WebAddress(location, relativeTo: current) else {
            throw problem("redirects from \(current) to an address that cannot be used")
        }
        guard next.origin.isSecure || !current.origin.isSecure else {
            throw problem("redirects from \(current) to \(next), which gives up TLS")
        }
        guard !visited.contains(next) else {
            throw problem("redirects in a circle: from \(visited[0]) to \(next)")
        }
        guard visited.count <= Self.limit else {
            throw problem("redirects more than \(Self.limit) times: from \(visited[0]) to \(next)")
        }
        if next.origin != visited[0].origin { keepsAuthorization = false }
        visited.append(next)
    }

    private func problem(_ reason: String) -> RegistryFailure {
        RegistryFailure(.registry, "the registry \(reason) (tell its operator)")
    }
}
