package import AgentProtocol

/// The identities of the machines that this process has configured, shared by whoever configures some.
package actor KnownIdentities {
    private var ledger: IdentityLedger

    /// Knows nobody so far.
    ///
    /// - Parameter capacity: how many machines are remembered at a time.
    package init(capacity: Int = 4096) {
        ledger = IdentityLedger(capacity: capacity)
    }

    /// Checks that a guest is what it was told to be, and no other machine's copy.
    ///
    /// - Parameters:
    ///   - machine: the machine's id; the same for each time that it is configured.
    ///   - expected: the configuration that the guest answered.
    ///   - now: this host's clock when the answer came, nanoseconds since 1970.
    /// - Throws: `SandboxError` `.identity`.
    package func verify(
        _ identity: GuestIdentity,
        of machine: String,
        expected: PodConfiguration,
        now: Int64 = WallClock.now
    ) throws(SandboxError) {
        try IdentityCheck(expected).verify(identity, now: now)
        try ledger.enter(identity, of: machine)
    }

    /// Forgets a machine that has ended, or goes on under another id.
    package func forget(_ machine: String) { ledger.forget(machine) }
}
