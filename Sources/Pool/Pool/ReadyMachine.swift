package import AgentProtocol
package import Hypervisor

/// A machine that was handed out; nobody else has it, and it never comes back to the pool.
package struct ReadyMachine: Sendable {
    /// Where a machine came from.
    package enum Origin: String, Sendable, Hashable, Codable {
        /// An idle machine of the pool.
        case pool
        /// An idle machine that was prepared for the image.
        case affine
        /// A clone, started for the request.
        case template
        /// Booted for the request.
        case boot
    }

    /// The machine; the receiver's to watch and to end.
    package let machine: any VirtualMachine
    /// What its agent must be given before it does anything; `nil` if it has been renewed already, or was booted.
    package let renewal: Handshake.Renewal?
    /// Whether it has the image's layers.
    package let hasImage: Bool
    /// Where it came from.
    package let origin: Origin

    /// Whether nobody has spoken to the agent yet.
    package var isFresh: Bool { origin == .template || origin == .boot }

    /// Describes a machine that is handed out.
    package init(machine: any VirtualMachine, renewal: Handshake.Renewal?, hasImage: Bool, origin: Origin) {
        self.machine = machine
        self.renewal = renewal
        self.hasImage = hasImage
        self.origin = origin
    }
}
