/// One member of `NO_PROXY`: a host and what is below it, an address, or an IPv4 network.
struct ProxyException: Sendable {
    private let name: String
    private let port: Int?
    private let network: (address: UInt32, mask: UInt32)?

    init(_ text: some StringProtocol) {
        let text = text.lowercased()
        network = Self.network(text)
        // IPv6 addresses are written without brackets here.
        let isBareAddress = text.filter { $0 == ":" }.count > 1 && !text.hasPrefix("[")
        let (host, port) = RegistryConfiguration.split(isBareAddress ? "[\(text)]" : text)
        self.port = port
        var name = host[...]
        if name.hasPrefix("*.") { name = name.dropFirst(2) }
        if name.hasPrefix(".") { name = name.dropFirst() }
        self.name = String(name)
    }

    func matches(_ origin: Origin) -> Bool {
        if name == "*" { return true }
        if let port, port != origin.port { return false }
        if let network, let address = Self.address(origin.host[...]) {
            return address & network.mask == network.address & network.mask
        }
        return !name.isEmpty && (origin.host == name || origin.host.hasSuffix(".\(name)"))
    }

    private static func network(_ text: String) -> (UInt32, UInt32)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = address(parts[0]), let bits = UInt32(parts[1]), bits <= 32 else {
            return nil
        }
        return (address, bits == 0 ? 0 : ~0 << (32 - bits))
    }

    private static func address(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part) else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }
}
