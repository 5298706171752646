package import AgentProtocol

/// Bytes from this host's generator, which nobody gets twice.
package enum FreshRandomness {
    /// So many of them.
    package static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// A hardware address for one network card: locally administered, of one station (IEEE 802: the second bit is set,
    /// the lowest is not).
    package static var hardwareAddress: [UInt8] { [0x02] + bytes(Interface.macLength - 1) }
}

extension Handshake.Renewal {
    /// A renewal for one clone: this host's clock now, and randomness of its own.
    package static var fresh: Handshake.Renewal {
        Handshake.Renewal(entropy: FreshRandomness.bytes(entropyLength), realtime: WallClock.now)
    }
}
