import AgentProtocol
import FoundationEssentials

/// What makes a machine one pod's.
enum PodIdentity {
    /// Identity, clock and fresh randomness for a guest.
    static func configuration(for record: PodRecord) throws -> PodConfiguration {
        var generator = SystemRandomNumberGenerator()
        let entropy = (0..<64).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let hosts = """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            127.0.1.1\t\(record.hostname)

            """
        return PodConfiguration(
            hostname: record.hostname,
            realtime: Timestamp.now,
            entropy: entropy,
            resolvConf: [],
            hosts: Array(hosts.utf8)
        )
    }
}

/// Points in time as they are kept: nanoseconds since 1970.
package enum Timestamp {
    /// Now.
    package static var now: Int64 {
        Int64(Date.now.timeIntervalSince1970 * 1_000_000_000)
    }

    /// How long ago a point in time was.
    package static func elapsed(since time: Int64) -> Duration { .nanoseconds(max(0, now - time)) }
}
