import AgentProtocol
import Sandboxes

/// What makes a machine one pod's.
enum PodIdentity {
    /// The network card of a pod's machine.
    private static let card = "eth0"

    /// Identity, clock and fresh randomness for a guest.
    ///
    /// - Parameter interfaces: the network cards that the guest has; only these can be given an address.
    static func configuration(for record: PodRecord, interfaces: [String]) -> PodConfiguration {
        let options = record.spec.refinements
        let card = interfaces.contains(card) ? [Interface(name: card, mac: FreshRandomness.hardwareAddress)] : []
        return PodConfiguration(
            hostname: record.hostname,
            realtime: WallClock.now,
            entropy: FreshRandomness.bytes(64),
            machineID: FreshRandomness.bytes(GuestIdentity.machineIDLength),
            challenge: FreshRandomness.bytes(GuestIdentity.challengeLength),
            resolvConf: Array(options.resolver.file.utf8),
            hosts: Array(hosts(of: record, options).utf8),
            interfaces: card
        )
    }

    private static func hosts(of record: PodRecord, _ options: PodSpec.Options) -> String {
        let full = options.domain.map { "\(record.hostname).\($0) " } ?? ""
        let lines = [
            "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback",
            "127.0.1.1\t\(full)\(record.hostname)",
        ]
        return (lines + options.hosts.map { "\($0.address)\t\($0.name)" }).map { $0 + "\n" }.joined()
    }
}

/// Points in time as they are kept: nanoseconds since 1970.
package enum Timestamp {
    /// Now.
    package static var now: Int64 { WallClock.now }

    /// How long ago a point in time was.
    package static func elapsed(since time: Int64) -> Duration { .nanoseconds(max(0, now - time)) }
}
