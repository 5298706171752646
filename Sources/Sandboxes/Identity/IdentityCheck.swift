package import AgentProtocol

/// Whether a guest has become what it was told to be.
package struct IdentityCheck: Sendable {
    /// How far a guest's clock may be off, in nanoseconds.
    ///
    /// A clone that nobody renewed is behind by the age of its template.
    package static let clockTolerance: Int64 = 2_000_000_000

    private let expected: PodConfiguration

    /// Prepares to judge the answer to a configuration.
    package init(_ expected: PodConfiguration) {
        self.expected = expected
    }

    /// Compares what the guest says with what it was told.
    ///
    /// The clock was right for some instant between the configuration's making and the answer's arrival; one that is not
    /// even within the tolerance of that span is wrong for certain.
    ///
    /// - Parameter now: this host's clock when the answer came, nanoseconds since 1970.
    /// - Throws: `SandboxError` `.identity`.
    package func verify(_ identity: GuestIdentity, now: Int64) throws(SandboxError) {
        guard identity.challenge == expected.challenge else { throw wrong("answered another challenge") }
        guard identity.machineID == expected.machineID else { throw wrong("has another machine id") }
        guard identity.hostname == expected.hostname else { throw wrong("is named \"\(identity.hostname)\"") }
        for interface in expected.interfaces where !interface.mac.isEmpty {
            guard identity.addresses.contains(interface.mac) else {
                throw wrong("has another hardware address at \(interface.name)")
            }
        }
        let (earliest, latest) = (min(expected.realtime, now), max(expected.realtime, now))
        guard identity.realtime >= earliest.saturatingAdd(-Self.clockTolerance),
            identity.realtime <= latest.saturatingAdd(Self.clockTolerance)
        else { throw wrong("has a clock that is off by more than \(Self.clockTolerance / 1_000_000_000) s") }
    }

    private func wrong(_ what: String) -> SandboxError {
        SandboxError(.identity, "the guest that was to be \"\(expected.hostname)\" \(what): its machine cannot be used")
    }
}

extension Int64 {
    fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }
}
