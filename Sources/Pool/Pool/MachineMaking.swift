package import AgentProtocol
package import Hypervisor

/// An idle machine that the pool wants.
package struct MachineOrder: Sendable {
    /// The machine's name, unique on this host.
    package let name: String
    /// What it is cloned from.
    package let template: TemplateID
    /// Its size.
    package let shape: MachineShape
    /// The image whose layers it is to be given and whose program is to be exercised.
    package let image: PoolImage?
}

/// Makes what the pool decides on: the seam between its decisions and the machines.
///
/// Whatever fails, or is cancelled, leaves nothing running; files may remain in the machine's folder.
package protocol MachineMaking: Sendable {
    /// Builds a template and keeps it under a number, working in a folder of its own.
    func buildTemplate(_ id: TemplateID, _ shape: MachineShape, in directory: VMDirectory) async throws

    /// Lets go of a template, if it is there; clones that run are not touched.
    func dropTemplate(_ id: TemplateID)

    /// Restores a machine, makes it unique and ready, and leaves its agent's port free.
    ///
    /// - Throws: `PoolError` `.stale` or `.image` where the template is not to blame.
    func make(_ order: MachineOrder, in directory: VMDirectory) async throws -> any VirtualMachine

    /// Restores a machine for a request; its agent does nothing before it gets the renewal.
    ///
    /// - Throws: `PoolError` `.stale` where the template does not fit any more.
    func restore(
        _ template: TemplateID,
        for request: MachineRequest,
        in directory: VMDirectory
    ) async throws -> (machine: any VirtualMachine, renewal: Handshake.Renewal)

    /// Boots a machine for a request, with the image's layers if there is one.
    func boot(_ request: MachineRequest, in directory: VMDirectory) async throws -> any VirtualMachine

    /// Ends what an earlier daemon may have left running in a machine's folder.
    func endRemains(in directory: VMDirectory) async throws

    /// Gives an idle machine the limits and the folder of a request, and makes sure that it runs.
    ///
    /// After an error the request's folder is as it was.
    func handOver(
        _ machine: any VirtualMachine,
        named name: String,
        to request: MachineRequest,
        in directory: VMDirectory
    ) async throws
}
