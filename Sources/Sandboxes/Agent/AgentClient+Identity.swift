package import AgentProtocol

extension AgentClient {
    /// Makes the guest a pod's and checks that it has become that, and is no other machine's copy.
    ///
    /// - Parameters:
    ///   - machine: the machine's id in `known`; the same for each time that it is configured.
    ///   - known: the machines that this process has configured.
    /// - Throws: `SandboxError` `.identity` when nothing may run in this guest.
    @discardableResult
    package func configure(
        _ pod: PodConfiguration,
        of machine: String,
        known: KnownIdentities
    ) async throws -> GuestIdentity {
        guard case .identity(let identity) = try await request(.configurePod(pod)) else {
            throw SandboxError(.protocolViolation, "the guest did not say who it is")
        }
        try await known.verify(identity, of: machine, expected: pod)
        return identity
    }

    /// Makes the guest a template's; nothing can be asked of it or its clones until they are renewed.
    package func seal() async throws { try await request(.seal) }

    /// Mounts layers in the guest for as long as its machine lives.
    package func retain(_ layers: [LayerSource]) async throws { try await request(.retain(layers)) }
}
