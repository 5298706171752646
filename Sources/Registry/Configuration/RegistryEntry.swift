import OCI
import SystemPackage

/// What the configuration says about one registry, or about one host that mirrors others.
struct RegistryEntry {
    /// A place as a URL told it, with where it stood.
    struct Location {
        let place: RegistryEndpoint
        let node: ConfigurationNode
    }

    var mirrors: [Location] = []
    var location: Location?
    var insecure = false
    var authorities: [FilePath] = []

    init() {}

    init(_ node: ConfigurationNode) throws(ImageError) {
        let members = try node.members(known: ["mirrors", "location", "insecure", "authorities"])
        if let node = members["location"] { location = try Location(node) }
        if let node = members["insecure"] { insecure = try node.bool() }
        if let node = members["authorities"] { authorities = try node.authorities() }
        guard let list = members["mirrors"] else { return }
        for element in try list.elements() { mirrors.append(try Location(element)) }
    }

    /// Whether the registry is elsewhere, or is reached in another way, than its name says.
    var changesEndpoint: Bool { location != nil || insecure || !authorities.isEmpty }

    /// The place of the registry itself.
    func endpoint(for name: String, in whole: RegistryConfiguration) throws(ImageError) -> RegistryEndpoint {
        if let location { return try secured(location, in: whole) }
        var endpoint = whole.standardEndpoint(for: name)
        if !authorities.isEmpty || endpoint.security != .plain {
            endpoint.security = insecure ? .unverified : .verified(authorities: whole.authorities + authorities)
        }
        return endpoint
    }

    /// A place with the protection that these settings ask for.
    func secured(
        _ location: Location,
        in whole: RegistryConfiguration,
        isMirror: Bool = false
    ) throws(ImageError) -> RegistryEndpoint {
        var endpoint = location.place
        endpoint.isMirror = isMirror
        if endpoint.security != .plain {
            endpoint.security = insecure ? .unverified : .verified(authorities: whole.authorities + authorities)
        } else if !insecure, !RegistryConfiguration.isLoopback(endpoint.host) {
            let key = isMirror ? "registries.\(endpoint.authority).insecure" : "`insecure`"
            throw location.node.error("has no TLS (write https://, or set \(key) to true)")
        }
        return endpoint
    }
}

extension RegistryEntry.Location {
    init(_ node: ConfigurationNode) throws(ImageError) {
        let text = try node.string()
        guard let place = RegistryEndpoint(url: text) else {
            throw node.error("\"\(printable(text.utf8))\" is not a place (write https://HOST[:PORT][/PREFIX])")
        }
        self.init(place: place, node: node)
    }
}
