import AgentProtocol
import Sandboxes

extension PodSpec.Options {
    /// What the container's processes may do.
    func confinement() throws(PodsError) -> Confinement {
        let sharedMemory = sharedMemory ?? OCIDefaults.sharedMemory
        guard !privileged else { return .privileged(sharedMemory: sharedMemory) }
        do {
            return try Confinement(
                adding: addedCapabilities,
                dropping: droppedCapabilities,
                filtersSystemCalls: filtersSystemCalls,
                sharedMemory: sharedMemory
            )
        } catch {
            throw PodsError(.invalid, error.message, cause: error)
        }
    }

    /// The limits of its processes.
    func resourceLimits() throws(PodsError) -> [ResourceLimit] {
        var result: [ResourceLimit] = []
        for limit in limits {
            do {
                result.append(try ResourceLimit(parsing: "\(limit.name)=\(limit.soft):\(limit.hard)"))
            } catch {
                throw PodsError(.invalid, error.message, cause: error)
            }
        }
        return result
    }

    /// Puts everything that concerns the whole container into its description.
    func apply(to container: inout ContainerSpec) throws(PodsError) {
        container.rootReadOnly = readOnlyRoot
        for folder in tmpfs { container.mounts.append(try folder.mount()) }
        container.sysctls = kernelSettings
        container.resources.processes = processes ?? 0
        try confinement().apply(to: &container)
        if let maskedPaths { container.maskedPaths = maskedPaths }
        if let readOnlyPaths { container.readOnlyPaths = readOnlyPaths }
        try applyLimits(to: &container.process)
    }

    /// Puts what concerns a process into the description of a further one.
    func apply(to process: inout ProcessSpec, privileged: Bool) throws(PodsError) {
        try (privileged ? .privileged() : confinement()).apply(to: &process)
        try applyLimits(to: &process)
    }

    private func applyLimits(to process: inout ProcessSpec) throws(PodsError) {
        process.resourceLimits = try resourceLimits()
        process.additionalGroups = groups
        process.oomScoreAdjustment = oomScoreAdjustment
    }

    /// The domain is a setting of the kernel too, one for each UTS namespace.
    private var kernelSettings: [Sysctl] {
        let domain = domain.map { [Sysctl(name: "kernel.domainname", value: $0)] } ?? []
        return domain + sysctls.sorted { $0.key < $1.key }.map { Sysctl(name: $0.key, value: $0.value) }
    }
}
