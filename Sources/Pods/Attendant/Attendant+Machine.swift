import AgentProtocol
import FoundationEssentials
import Hypervisor
import Images
import Pool
import Sandboxes
import SystemPackage

/// Where a pod's machine comes from.
extension Attendant {
    struct Machine: Sendable {
        let virtualMachine: any VirtualMachine
        /// Whether it is not the pod's yet: one that an earlier attendant has made the pod's is only taken over.
        let isNew: Bool
        /// Whether nobody has spoken to its agent yet.
        let isUntouched: Bool
        /// Whether its kernel has yet to boot.
        var isBooting = false
        /// What its agent must be given first.
        var renewal: Handshake.Renewal?
        /// The image's layers, if it has not been given them yet.
        var missing: [LayerFile] = []
        /// Disks that are not plugged in yet.
        var unplugged: [DiskAttachment] = []
    }

    /// Makes room for a new machine: an earlier one may be left that an attendant was about to end when it died.
    func prepareFolder() async throws {
        guard !life.value.isInherited else { return }
        let path = directory.machine.path.string
        if FileManager.default.fileExists(atPath: path) {
            try await VMRemains(directory.machine, id: plan.record.shortID).kill()
            try FileManager.default.removeItem(atPath: path)
        }
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// The machine that runs already, an idle one of the pool, a clone, or one that boots.
    func machine() async throws -> Machine {
        if life.value.isInherited {
            let hypervisor = try await NodeHypervisor(node: node).resolve()
            let machine = try await hypervisor.qemu.reconnect(directory.machine)
            return Machine(virtualMachine: machine, isNew: false, isUntouched: false)
        }
        // A disk whose parts are fetched is served by this attendant, at a place that the machine knows from its start.
        guard let pool, !plan.image.isLazy else { return try await boot() }
        async let prepared: Void = prepareDisk()
        let ready = try await pool.take(try plan.request(default: node.defaultMemory), in: directory.machine)
        do { try await prepared } catch {
            try await ready.machine.kill()
            throw error
        }
        return Machine(
            virtualMachine: ready.machine,
            isNew: true,
            isUntouched: ready.isFresh,
            isBooting: ready.origin == .boot,
            renewal: ready.renewal,
            missing: ready.hasImage ? [] : try plan.layerFiles(),
            unplugged: changesDisk
        )
    }

    private func boot() async throws -> Machine {
        let hypervisor = try await NodeHypervisor(node: node).resolve()
        let shape = plan.shape(default: node.defaultMemory)
        var configuration = VMConfiguration(
            id: plan.record.shortID,
            memory: shape.memory,
            processors: shape.processors,
            guest: hypervisor.guest
        )
        try await prepareDisk()
        try addImage(to: &configuration)
        configuration.disks += changesDisk
        let machine = try await hypervisor.qemu.start(configuration, in: directory.machine)
        return Machine(virtualMachine: machine, isNew: true, isUntouched: true, isBooting: true)
    }
}
