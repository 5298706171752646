package import AgentProtocol

/// The random values of the machines that are alive, of which no two may have one in common.
///
/// Machines that share one are copies of one another that were not renewed: what the one keeps secret the other knows.
package struct IdentityLedger: Sendable {
    private struct Entry {
        let machine: String
        var values: Set<[UInt8]>
    }

    /// How many machines are remembered; beyond that the one that was first entered is forgotten.
    package let capacity: Int
    private var entries: [Entry] = []
    private var owners: [[UInt8]: String] = [:]

    /// A ledger without entries.
    package init(capacity: Int = 4096) {
        precondition(capacity > 0, "a ledger needs room for a machine")
        self.capacity = capacity
    }

    /// How many machines are remembered.
    package var count: Int { entries.count }

    /// Enters a machine's values, or the new ones of a machine that is there already.
    ///
    /// A machine keeps its boot's id and what its agent was given; it never draws the same random bytes twice.
    ///
    /// - Throws: `SandboxError` `.identity` when another machine has one of them, or this one has drawn them before; then
    ///   nothing is entered.
    package mutating func enter(_ identity: GuestIdentity, of machine: String) throws(SandboxError) {
        let kept = [
            ("the boot id", Array(identity.bootID.utf8)), ("the address layout", identity.addressRandom),
        ]
        for (what, value) in kept {
            if let owner = owners[value], owner != machine { throw Self.repeated(what, machine, owner) }
        }
        if let owner = owners[identity.random] { throw Self.repeated("the random bytes", machine, owner) }
        add(Set(kept.map(\.1) + [identity.random]), of: machine)
    }

    /// Forgets a machine that has ended.
    package mutating func forget(_ machine: String) {
        guard let index = entries.firstIndex(where: { $0.machine == machine }) else { return }
        for value in entries.remove(at: index).values { owners[value] = nil }
    }

    private mutating func add(_ values: Set<[UInt8]>, of machine: String) {
        // A machine is configured a few times in its life; whoever does it endlessly begins anew.
        if let entry = entries.first(where: { $0.machine == machine }), entry.values.count > 64 { forget(machine) }
        if let index = entries.firstIndex(where: { $0.machine == machine }) {
            entries[index].values.formUnion(values)
        } else {
            if entries.count == capacity { forget(entries[0].machine) }
            entries.append(Entry(machine: machine, values: values))
        }
        for value in values { owners[value] = machine }
    }

    private static func repeated(_ what: String, _ machine: String, _ owner: String) -> SandboxError {
        let owner = owner == machine ? "it had before" : "machine \(owner) has"
        return SandboxError(
            .identity,
            "machine \(machine) has \(what) that \(owner): it was not renewed and is not used"
        )
    }
}
