/// What makes a guest this pod's and nobody else's; applied before anything of a tenant runs.
package struct PodConfiguration: WireEquatable, Sendable, WireCodable {
    /// The pod's host name, at most 64 bytes.
    package var hostname: String
    /// Wall clock, nanoseconds since 1970.
    package var realtime: Int64
    /// Fresh randomness for the kernel's generator, 32 to 64 bytes.
    package var entropy: [UInt8]
    /// What containers find in /etc/machine-id, 16 bytes.
    package var machineID: [UInt8]
    /// Random, 32 bytes; the answer repeats it, so that it cannot be the answer to another question.
    package var challenge: [UInt8]
    /// The content of /etc/resolv.conf.
    package var resolvConf: [UInt8]
    /// The content of /etc/hosts.
    package var hosts: [UInt8]
    /// Network interfaces.
    package var interfaces: [Interface]

    /// Describes a pod.
    package init(
        hostname: String,
        realtime: Int64,
        entropy: [UInt8],
        machineID: [UInt8],
        challenge: [UInt8],
        resolvConf: [UInt8] = [],
        hosts: [UInt8] = [],
        interfaces: [Interface] = []
    ) {
        self.hostname = hostname
        self.realtime = realtime
        self.entropy = entropy
        self.machineID = machineID
        self.challenge = challenge
        self.resolvConf = resolvConf
        self.hosts = hosts
        self.interfaces = interfaces
    }

    package init(from reader: inout WireReader) throws(WireError) {
        hostname = try reader.string(max: 64)
        realtime = try reader.integer()
        entropy = try reader.bytes(max: 64)
        machineID = try reader.raw(GuestIdentity.machineIDLength)
        challenge = try reader.raw(GuestIdentity.challengeLength)
        resolvConf = try reader.bytes()
        hosts = try reader.bytes()
        interfaces = try reader.values(max: Interface.mostInGuest)
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(hostname)
        writer.integer(realtime)
        writer.bytes(entropy)
        writer.raw(machineID)
        writer.raw(challenge)
        writer.bytes(resolvConf)
        writer.bytes(hosts)
        writer.values(interfaces)
    }
}

/// A network interface inside the guest.
package struct Interface: WireEquatable, Sendable, WireCodable {
    /// The most that a message tells of.
    package static let mostInGuest = 16
    /// Linux's bound for a name (IFNAMSIZ without the final NUL).
    package static let longestName = 15
    /// The bytes of a hardware address.
    package static let macLength = 6

    /// Its name in the guest, such as `eth0`.
    package var name: String
    /// Its hardware address (6 bytes), or empty to keep the one it has.
    package var mac: [UInt8]
    /// Its MTU, or 0 to keep the one it has.
    package var mtu: UInt32
    /// Its addresses.
    package var addresses: [AddressPrefix]
    /// Its routes.
    package var routes: [Route]

    /// Describes an interface.
    package init(
        name: String,
        mac: [UInt8] = [],
        mtu: UInt32 = 0,
        addresses: [AddressPrefix] = [],
        routes: [Route] = []
    ) {
        self.name = name
        self.mac = mac
        self.mtu = mtu
        self.addresses = addresses
        self.routes = routes
    }

    package init(from reader: inout WireReader) throws(WireError) {
        name = try reader.string(max: Interface.longestName)
        mac = try reader.bytes(max: Interface.macLength)
        guard mac.isEmpty || mac.count == Interface.macLength else { throw .invalid }
        mtu = try reader.integer()
        addresses = try reader.values(max: 64)
        routes = try reader.values(max: 64)
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(name)
        writer.bytes(mac)
        writer.integer(mtu)
        writer.values(addresses)
        writer.values(routes)
    }
}

/// An IPv4 or IPv6 address with the length of its network's prefix.
package struct AddressPrefix: WireEquatable, Sendable, WireCodable {
    /// 4 or 16 bytes, network order.
    package var address: [UInt8]
    /// Bits of the prefix.
    package var prefix: UInt8

    /// Describes an address.
    package init(address: [UInt8], prefix: UInt8) {
        self.address = address
        self.prefix = prefix
    }

    package init(from reader: inout WireReader) throws(WireError) {
        address = try reader.bytes(max: 16)
        prefix = try reader.integer()
        guard address.count == 4 || address.count == 16, Int(prefix) <= address.count * 8 else { throw .invalid }
    }

    package func encode(to writer: inout WireWriter) {
        writer.bytes(address)
        writer.integer(prefix)
    }
}

/// A route through an interface.
package struct Route: WireEquatable, Sendable, WireCodable {
    /// Where it leads; all zeros with prefix 0 is the default route.
    package var destination: AddressPrefix
    /// The next hop, or empty for neighbours on the link.
    package var gateway: [UInt8]

    /// Describes a route.
    package init(destination: AddressPrefix, gateway: [UInt8]) {
        self.destination = destination
        self.gateway = gateway
    }

    package init(from reader: inout WireReader) throws(WireError) {
        destination = try reader.value()
        gateway = try reader.bytes(max: 16)
        guard gateway.isEmpty || gateway.count == destination.address.count else { throw .invalid }
    }

    package func encode(to writer: inout WireWriter) {
        writer.value(destination)
        writer.bytes(gateway)
    }
}
