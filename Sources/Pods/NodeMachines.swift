package import Hypervisor

/// How machines run on a node, for whoever keeps some ready.
package struct NodeMachines: Sendable {
    /// Whose machines they are; so far there is one project.
    package static let project = ContainerPlan.project

    /// What starts machines.
    package let hypervisor: any Hypervisor
    /// What they boot.
    package let guest: GuestImage
    /// How guest code is executed.
    package var accelerator: Accelerator { hypervisor.capabilities.accelerator }

    /// Finds the hypervisor and the guest, and the accelerator that works.
    package static func find(_ node: NodeConfiguration) async throws -> NodeMachines {
        let found = try await NodeHypervisor(node: node).resolve()
        return NodeMachines(hypervisor: found.qemu, guest: found.guest)
    }
}
