import OCI
import Pods

extension PodSpec.Options {
    /// Reads what lies around the container: its folders, its network, its log.
    ///
    /// - Returns: warnings.
    mutating func readSurroundings(_ fields: RequestFields, _ host: RequestFields) throws(PodsError) -> [String] {
        for (path, options) in try host.map("Tmpfs").sorted(by: { $0.key < $1.key }) {
            tmpfs.append(Tmpfs(path: path, options: options))
        }
        for mount in try host.objects("Mounts") { try readMount(mount) }
        resolver = Resolver(
            servers: try host.list("Dns") ?? [],
            search: try host.list("DnsSearch") ?? [],
            options: try host.list("DnsOptions") ?? []
        )
        for host in try host.list("ExtraHosts") ?? [] { try readHost(host) }
        return try readLog(host.object("LogConfig")) + readNetwork(fields, host)
    }

    private mutating func readMount(_ mount: RequestFields) throws(PodsError) {
        let type = try mount.text("Type") ?? "volume"
        guard type == "tmpfs" else {
            throw PodsError(
                .invalid,
                "HostConfig.Mounts[].Type \"\(printable(type.utf8))\" is not supported yet (use tmpfs)"
            )
        }
        guard let target = try mount.text("Target") else {
            throw PodsError(.invalid, "HostConfig.Mounts[] has no Target")
        }
        let settings = try mount.object("TmpfsOptions")
        var options = try mount.flag("ReadOnly") ? ["ro"] : []
        let (size, mode) = (try settings.number("SizeBytes"), try settings.number("Mode"))
        if size > 0 { options.append("size=\(size)") }
        if mode > 0 { options.append("mode=\(String(mode, radix: 8))") }
        tmpfs.append(Tmpfs(path: target, options: options.joined(separator: ",")))
    }

    /// `name:address` or `name=address`; the address may have colons.
    private mutating func readHost(_ text: String) throws(PodsError) {
        let parts = text.split(maxSplits: 1) { $0 == ":" || $0 == "=" }
        guard parts.count == 2, parts[1] != "host-gateway" else {
            throw PodsError(
                .invalid,
                "HostConfig.ExtraHosts \"\(printable(text.utf8))\" is not of the form NAME:ADDRESS"
            )
        }
        let address = parts[1].hasPrefix("[") ? parts[1].dropFirst().dropLast() : parts[1]
        hosts.append(Host(name: String(parts[0]), address: String(address)))
    }

    private mutating func readLog(_ config: RequestFields) throws(PodsError) -> [String] {
        let type = try config.text("Type") ?? "json-file"
        guard ["json-file", "local", "none"].contains(type) else {
            throw PodsError(
                .invalid,
                "HostConfig.LogConfig.Type \"\(printable(type.utf8))\" is not supported (use json-file, local or none)"
            )
        }
        logDriver = type
        let options = try config.map("Config").keys.sorted()
        guard !options.isEmpty else { return [] }
        return ["HostConfig.LogConfig.Config has no effect: a container's log is bounded by itself"]
    }

    private mutating func readNetwork(_ fields: RequestFields, _ host: RequestFields) throws(PodsError) -> [String] {
        var names = try fields.object("NetworkingConfig").object("EndpointsConfig").members.keys.sorted()
        let mode = try host.text("NetworkMode") ?? "default"
        names.append(mode)
        for name in names where !["default", "none", "bridge"].contains(name) {
            throw PodsError(
                .invalid,
                "HostConfig.NetworkMode \"\(printable(name.utf8))\" is not supported yet (use none)"
            )
        }
        network = mode
        guard mode == "bridge" else { return [] }
        return ["HostConfig.NetworkMode \"bridge\" has no effect yet: the container has no network"]
    }
}
