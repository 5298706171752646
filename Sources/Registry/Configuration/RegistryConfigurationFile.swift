import OCI
import SystemPackage

/// What the configuration file says, before names have become places.
struct RegistryConfigurationFile {
    private var defaultDomain = ImageReference.defaultDomain
    private var authorities: [FilePath] = []
    private var entries: [String: RegistryEntry] = [:]

    /// The content of a file that is not there.
    init() {}

    init(_ root: ConfigurationNode) throws(ImageError) {
        let members = try root.members(known: ["default", "authorities", "registries"])
        if let node = members["default"] { defaultDomain = try Self.registry(try node.string(), node) }
        if let node = members["authorities"] { authorities = try node.authorities() }
        guard let registries = members["registries"] else { return }
        for (name, node) in try registries.members() {
            let name = try Self.registry(name, node)
            guard entries[name] == nil else { throw node.error("is \(name), which is there twice (keep one of them)") }
            entries[name] = try RegistryEntry(node)
        }
    }

    /// Turns names into places.
    func configuration(_ certificates: CertificateFolder) throws(ImageError) -> RegistryConfiguration {
        var result = RegistryConfiguration(authorities: authorities, defaultDomain: defaultDomain)
        let further = try certificates.authorities()
        var entries = entries
        for (name, files) in further { entries[name, default: RegistryEntry()].authorities += files }
        for (name, entry) in entries {
            var host = RegistryConfiguration.Host()
            if entry.changesEndpoint { host.endpoint = try entry.endpoint(for: name, in: result) }
            for mirror in entry.mirrors {
                // How a mirror is reached is a matter of its own host, whatever it mirrors.
                let settings = entries[mirror.place.authority] ?? RegistryEntry()
                host.mirrors.append(try settings.secured(mirror, in: result, isMirror: true))
            }
            result.hosts[name] = host
        }
        return result
    }

    private static func registry(_ name: String, _ node: ConfigurationNode) throws(ImageError) -> String {
        guard ImageReference.isRegistry(name), RegistryEndpoint.hasUsablePort(name) else {
            throw node.error(
                "\"\(printable(name.utf8))\" is not a registry's name (write HOST.DOMAIN[:PORT] or HOST:PORT)"
            )
        }
        return name == "index.docker.io" ? ImageReference.defaultDomain : name
    }
}

extension ConfigurationNode {
    /// A list of files with authorities, which must be readable now: a typing error shall not wait for the first pull.
    func authorities() throws(ImageError) -> [FilePath] {
        var files: [FilePath] = []
        for element in try elements() {
            let path = file.removingLastComponent().pushing(FilePath(try element.string())).lexicallyNormalized()
            guard CertificateFolder.isReadableFile(path) else {
                throw element.error("names \(path), which is no readable file (put the authority's PEM file there)")
            }
            files.append(path)
        }
        return files
    }
}
