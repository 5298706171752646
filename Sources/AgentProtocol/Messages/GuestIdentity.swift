/// Who a guest is, as it finds itself after it has been configured.
///
/// Clones of a template begin as copies of one another. The host compares what each of them says, so that a copy that
/// was not renewed is found before anything of a tenant's runs in it.
package struct GuestIdentity: WireEquatable, Sendable, WireCodable {
    /// The bytes of a machine's id.
    package static let machineIDLength = 16
    /// The bytes of a challenge.
    package static let challengeLength = 32
    /// The bytes that the guest draws from its kernel's generator for the answer.
    package static let randomLength = 32
    /// The bytes that the kernel gives a new program (AT_RANDOM).
    package static let addressRandomLength = 16

    /// The challenge of the configuration that this answers.
    package var challenge: [UInt8]
    /// The kernel's id of this boot, made when it is first read.
    package var bootID: String
    /// What containers find in /etc/machine-id.
    package var machineID: [UInt8]
    /// Fresh from the kernel's generator.
    package var random: [UInt8]
    /// What the kernel gave the agent's program when it was executed.
    ///
    /// The program's stack guard is made of it: it is for the host alone, which could read the guest's memory as well.
    package var addressRandom: [UInt8]
    /// An address on the agent's stack.
    package var stack: UInt64
    /// Wall clock, nanoseconds since 1970.
    package var realtime: Int64
    /// The host name.
    package var hostname: String
    /// The hardware addresses of the network interfaces that `GuestInfo` names.
    package var addresses: [[UInt8]]
    /// Whether the agent was executed anew by a renewal.
    package var renewed: Bool

    /// Describes a guest.
    package init(
        challenge: [UInt8],
        bootID: String,
        machineID: [UInt8],
        random: [UInt8],
        addressRandom: [UInt8],
        stack: UInt64,
        realtime: Int64,
        hostname: String,
        addresses: [[UInt8]],
        renewed: Bool
    ) {
        self.challenge = challenge
        self.bootID = bootID
        self.machineID = machineID
        self.random = random
        self.addressRandom = addressRandom
        self.stack = stack
        self.realtime = realtime
        self.hostname = hostname
        self.addresses = addresses
        self.renewed = renewed
    }

    package init(from reader: inout WireReader) throws(WireError) {
        challenge = try reader.raw(GuestIdentity.challengeLength)
        bootID = try reader.string(max: 64)
        machineID = try reader.raw(GuestIdentity.machineIDLength)
        random = try reader.raw(GuestIdentity.randomLength)
        addressRandom = try reader.raw(GuestIdentity.addressRandomLength)
        stack = try reader.integer()
        realtime = try reader.integer()
        hostname = try reader.string(max: 64)
        addresses = try reader.array(max: Interface.mostInGuest) { (r: inout WireReader) throws(WireError) in
            try r.raw(Interface.macLength)
        }
        renewed = try reader.bool()
    }

    package func encode(to writer: inout WireWriter) {
        writer.raw(challenge)
        writer.string(bootID)
        writer.raw(machineID)
        writer.raw(random)
        writer.raw(addressRandom)
        writer.integer(stack)
        writer.integer(realtime)
        writer.string(hostname)
        writer.array(addresses) { $0.raw($1) }
        writer.bool(renewed)
    }
}
