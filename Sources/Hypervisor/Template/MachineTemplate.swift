import Linux
import SystemPackage

import struct Crypto.SHA256

/// A machine that was booted and saved while it ran, before it had any identity.
///
/// Its memory and its devices' state are sealed files in memory, which nobody can change, not even who holds them open.
/// Machines that are restored from it share its memory until they write to it. It lives as long as this value: nothing
/// of it is on a disk.
package final class MachineTemplate: Sendable {
    /// What it was made of (see `Hypervisor.templateKey`).
    package let key: String
    /// The shape of its machines.
    package let shape: MachineShape
    /// When it was saved: its machines' clocks stand still since then.
    package let created: ContinuousClock.Instant
    /// How much memory it takes, in bytes, without its devices' state.
    package let memoryInUse: UInt64
    /// The size of its devices' state, in bytes.
    package let stateSize: Int

    let memory: OwnedFD
    let state: OwnedFD
    private let stateDigest: [UInt8]

    /// Devices of a machine have some 150 KB of state (measured); a file of more than this is none.
    private static let stateLimit = 64 << 20

    /// Takes over both files and seals them, for which the machine must have ended.
    convenience init(
        key: String,
        shape: MachineShape,
        memory: consuming OwnedFD,
        state: consuming OwnedFD
    ) throws {
        try MemoryFile.seal(memory)
        try MemoryFile.seal(state)
        let digest = try Self.digest(state)
        try self.init(key: key, shape: shape, memory: memory, state: state, stateDigest: digest)
    }

    /// Takes over files that were sealed before.
    init(
        key: String,
        shape: MachineShape,
        memory: consuming OwnedFD,
        state: consuming OwnedFD,
        stateDigest: [UInt8]
    ) throws {
        self.key = key
        self.shape = shape
        created = .now
        memoryInUse = UInt64(try FileStatus(MemoryFile.path(of: memory)).allocated)
        stateSize = Int(try FileStatus(MemoryFile.path(of: state)).size)
        self.memory = memory
        self.state = state
        self.stateDigest = stateDigest
    }

    /// Makes sure that nothing has changed since the machine was saved.
    ///
    /// The state is read and compared. The memory is not: a seal that is still there proves as much, as it cannot be
    /// taken off, and takes no time.
    package func verify() throws {
        guard MemoryFile.isSealed(memory), MemoryFile.isSealed(state) else { throw damaged("not sealed") }
        guard try Self.digest(state) == stateDigest else { throw damaged("not what was saved") }
    }

    private static func digest(_ state: borrowing OwnedFD) throws -> [UInt8] {
        Array(SHA256.hash(data: try WholeFile.read(MemoryFile.path(of: state), limit: stateLimit)))
    }

    private func damaged(_ words: String) -> HypervisorError {
        HypervisorError(.invalid, "template of \(shape.memory >> 20) MiB is \(words) (make another one)")
    }
}
