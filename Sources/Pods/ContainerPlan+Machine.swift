import AgentProtocol
import Hypervisor
import Images
import OCI
import Pool

/// The machine that a container is put into.
extension ContainerPlan {
    /// Whose pods they are; so far there is one project.
    static let project = "default"
    /// What a Debian guest's kernel and agent take of the machine's memory: one of 128 MiB has 53 MiB left (measured).
    private static let guestNeeds: UInt64 = 80 << 20

    /// The machine's size: few different ones, so that many pods find a template.
    ///
    /// Memory that a guest does not touch costs nothing. The container's own limits hold inside and around the machine.
    func shape(default defaultMemory: UInt64) -> MachineShape {
        var memory = defaultMemory
        let wanted = record.spec.memory.map { $0 + Self.guestNeeds } ?? 0
        while memory < wanted, memory < 1 << 46 { memory *= 2 }
        return MachineShape(memory: memory, processors: max(1, Int(((record.spec.milliCPU ?? 1000) + 999) / 1000)))
    }

    /// The serial number of the disk of an image that is still being fetched, divided like the layer disk.
    static let servedDisk = "image"

    /// Where the image's layers are in the machine.
    var layers: [LayerSource] {
        let disk = image.isLazy ? Self.servedDisk : LayerDisk.serial
        return image.layers.indices.map { LayerSource(serial: disk, partition: UInt8($0 + 1)) }
    }

    /// What the pool is asked for.
    func request(default defaultMemory: UInt64) throws -> MachineRequest {
        let environment = image.configuration.environment
        return MachineRequest(
            id: record.shortID,
            shape: shape(default: defaultMemory),
            project: Self.project,
            image: PoolImage(
                digest: image.id.description,
                program: record.commandLine.first ?? "",
                environment: environment,
                layers: layers,
                files: { try self.layerFiles() }
            )
        )
    }
}
