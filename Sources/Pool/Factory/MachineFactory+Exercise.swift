import AgentProtocol
import Hypervisor
import Sandboxes

extension MachineFactory {
    /// How long an image's program may go on until its first effect.
    private static let rehearsalPatience = Duration.seconds(2)

    /// Renews a clone, verifies that it has become a machine of its own, and has it do once what pods will want of it.
    func exercise(_ machine: any VirtualMachine, _ order: MachineOrder) async throws {
        try await AgentClient.withConnection(
            to: machine.agentSocket,
            fresh: true,
            renewal: .fresh,
            patience: Self.agentPatience
        ) { [self] agent in
            let pod = Self.nobodys(agent.guest?.interfaces ?? [])
            try await agent.configure(pod, of: order.name, known: identities)
            for _ in 0..<warmCycles { try await warm(machine, agent) }
            guard let image = order.image else { return }
            do {
                try await machine.fill(try await image.files(), from: 1)
                try await agent.retain(image.layers)
                try await rehearse(image, order.shape, agent)
            } catch {
                guard !(error is CancellationError) else { throw error }
                throw PoolError(.image, "image \(image.digest) cannot be prepared in \(order.name)", cause: error)
            }
        }
    }

    /// An identity to wait with; the pod's takes its place.
    private static func nobodys(_ interfaces: [String]) -> PodConfiguration {
        PodConfiguration(
            hostname: "pool",
            realtime: WallClock.now,
            entropy: FreshRandomness.bytes(64),
            machineID: FreshRandomness.bytes(GuestIdentity.machineIDLength),
            challenge: FreshRandomness.bytes(GuestIdentity.challengeLength),
            interfaces: interfaces.contains("eth0")
                ? [Interface(name: "eth0", mac: FreshRandomness.hardwareAddress)] : []
        )
    }

    // MARK: Warming

    /// A whole life of a container: its layer shown, mounted, run from and unmounted.
    private func warm(_ machine: any VirtualMachine, _ agent: AgentClient) async throws {
        try await machine.fill([try await warmLayer.file()], from: WarmLayer.slot)
        var container = ContainerSpec(
            id: "warm",
            layers: [LayerSource(serial: LayerDisk.serial, partition: UInt8(WarmLayer.slot))],
            writable: .memory(limit: 0),
            process: ProcessSpec(id: agent.unusedProcessID(), arguments: WarmLayer.command)
        )
        try Confinement().apply(to: &container)
        let process = try await agent.create(container)
        let words = await Self.output(of: process)
        let status = try await process.wait()
        guard words == WarmLayer.words, status.code == 0 else {
            throw PoolError(.clone, "a new machine's first container ended with \(status.shellCode)")
        }
        try await agent.request(.removeContainer(id: container.id))
        try await agent.forget(process)
    }

    /// What a process writes; more than a few words are read and forgotten.
    private static func output(of process: AgentProcess) async -> [UInt8] {
        var bytes: [UInt8] = []
        for await chunk in process.output {
            if bytes.count < 1024 { bytes += chunk.bytes }
            process.acknowledge(chunk)
        }
        return bytes
    }

    // MARK: Images

    /// Runs the image's program, without arguments, up to its first effect.
    ///
    /// What it reads is in memory then, and translated. Whatever becomes of it is its own business.
    private func rehearse(_ image: PoolImage, _ shape: MachineShape, _ agent: AgentClient) async throws {
        var container = ContainerSpec(
            id: "rehearsal",
            layers: image.layers,
            writable: .memory(limit: 0),
            resources: ResourceLimits(memory: shape.memory / 2, processes: 16),
            process: ProcessSpec(
                id: agent.unusedProcessID(),
                arguments: [image.program],
                environment: image.environment
            )
        )
        try Confinement().apply(to: &container)
        container.process.capabilities = .none
        container.process.seccomp = SeccompProfile.rehearsal.program
        // A program that is not there, say; a container that could not be started is gone already.
        guard let process = try await started(container, agent) else { return }
        _ = try? await withTimeout(Self.rehearsalPatience) {
            CancellationError()
        } _: {
            _ = await Self.output(of: process)
            _ = try await process.wait()
        }
        try await agent.request(.removeContainer(id: container.id))
        _ = try await process.wait()
        try await agent.forget(process)
    }

    private func started(_ container: ContainerSpec, _ agent: AgentClient) async throws -> AgentProcess? {
        do { return try await agent.create(container) } catch is AgentFailure { return nil }
    }
}
