package import AgentProtocol
package import Hypervisor
import Linux
package import Sandboxes
package import SystemPackage

/// Makes real machines: templates, clones that are renewed and warmed, and machines that boot.
package final class MachineFactory: MachineMaking {
    let hypervisor: any Hypervisor
    let guest: GuestImage
    let warmLayer: WarmLayer
    let warmCycles: Int
    let identities: KnownIdentities
    private let templates = TemplateCache()

    /// How long a clone may take from its start to its last rehearsal; on an idle machine it takes half a second.
    private static let patience = Duration.seconds(60)
    /// How long an agent may take to answer: a clone's does in 50 ms, on a loaded machine in seconds.
    static let agentPatience = Duration.seconds(20)

    /// Prepares to make machines of a guest.
    ///
    /// - Parameters:
    ///   - program: the guest's program, which is run in new machines' first containers.
    ///   - folder: the pool's folder.
    ///   - identities: what this process knows of its machines; new ones are entered until they are handed over.
    package init(
        hypervisor: any Hypervisor,
        guest: GuestImage,
        program: FilePath,
        folder: FilePath,
        warmCycles: Int,
        identities: KnownIdentities
    ) {
        self.hypervisor = hypervisor
        self.guest = guest
        self.warmCycles = warmCycles
        self.identities = identities
        warmLayer = WarmLayer(program: program, folder: folder)
    }

    package func buildTemplate(_ id: TemplateID, _ shape: MachineShape, in directory: VMDirectory) async throws {
        let template = try await hypervisor.makeTemplate(shape, guest: guest, in: directory) { machine in
            try await AgentClient.withConnection(
                to: machine.agentSocket,
                fresh: true,
                patience: Self.agentPatience
            ) { try await $0.seal() }
        }
        templates.insert(template, as: id)
        try await prove(id, shape, in: directory)
    }

    /// Makes sure that a template's clones become machines of their own, before anybody depends on one.
    private func prove(_ id: TemplateID, _ shape: MachineShape, in directory: VMDirectory) async throws {
        // Building the template has used the folder up.
        try await blocking { try PoolFolder.makeFolder(directory.path) }
        let name = directory.path.lastComponent?.string ?? "proof"
        let machine = try await make(MachineOrder(name: name, template: id, shape: shape, image: nil), in: directory)
        await identities.forget(name)
        try await machine.kill()
    }

    package func dropTemplate(_ id: TemplateID) { templates.drop(id) }

    package func make(_ order: MachineOrder, in directory: VMDirectory) async throws -> any VirtualMachine {
        let configuration = configuration(order.name, order.shape)
        let machine = try await clone(order.template, configuration, in: directory)
        do {
            try await prepare(machine, order)
        } catch {
            try await machine.kill()
            throw error
        }
        return machine
    }

    package func restore(
        _ template: TemplateID,
        for request: MachineRequest,
        in directory: VMDirectory
    ) async throws -> (machine: any VirtualMachine, renewal: Handshake.Renewal) {
        var configuration = configuration(request.id, request.shape)
        configuration.limits = request.limits ?? CgroupLimits()
        return (try await clone(template, configuration, in: directory), .fresh)
    }

    package func boot(_ request: MachineRequest, in directory: VMDirectory) async throws -> any VirtualMachine {
        var configuration = configuration(request.id, request.shape)
        configuration.limits = request.limits ?? CgroupLimits()
        if let image = request.image { configuration.layers = try await image.files() }
        return try await hypervisor.start(configuration, in: directory)
    }

    package func endRemains(in directory: VMDirectory) async throws {
        // A daemon that died between a machine's start and its record left one that only its monitor can end, which is
        // what becomes of it when there is no record.
        if (try? FileStatus(directory.record)) == nil { _ = try? await hypervisor.reconnect(directory) }
        try await VMRemains(directory).kill()
    }

    package func handOver(
        _ machine: any VirtualMachine,
        named name: String,
        to request: MachineRequest,
        in directory: VMDirectory
    ) async throws {
        if let limits = request.limits {
            // The group is there, with the machine in it: this sets its limits.
            try await blocking { _ = try HostCgroup.create(name, limits: limits) }
        }
        guard try await machine.status() == .running else {
            throw PoolError(.clone, "machine \(name) has ended while it waited")
        }
        await identities.forget(name)
        // Last, because there is nothing that could fail afterwards.
        try await machine.relocate(to: directory)
    }

    private func configuration(_ name: String, _ shape: MachineShape) -> VMConfiguration {
        VMConfiguration(id: name, memory: shape.memory, processors: shape.processors, guest: guest)
    }

    private func clone(
        _ id: TemplateID,
        _ configuration: VMConfiguration,
        in directory: VMDirectory
    ) async throws -> any VirtualMachine {
        guard let template = templates[id] else { throw PoolError(.stale, "the template is gone") }
        let key = try? await blocking { [hypervisor, guest] in
            try hypervisor.templateKey(template.shape, guest: guest)
        }
        guard key == template.key else {
            throw PoolError(.stale, "the kernel, the guest or the hypervisor has changed since the template was built")
        }
        do {
            return try await hypervisor.restore(template, configuration, in: directory)
        } catch let error as HypervisorError {
            throw PoolError(.clone, "machine \(configuration.id) cannot be restored: \(error.message)", cause: error)
        }
    }

    /// Makes a new clone ready to wait; its end meanwhile is an error like others.
    private func prepare(_ machine: any VirtualMachine, _ order: MachineOrder) async throws {
        let late = PoolError(.clone, "machine \(order.name) was not ready within \(Self.patience)")
        try await withTimeout(Self.patience) {
            late
        } _: { [self] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { throw PoolError(.clone, "machine \(order.name): \(try await machine.waitForExit())") }
                group.addTask { try await self.exercise(machine, order) }
                try await group.next()
            }
        }
    }
}
