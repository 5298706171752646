import FoundationEssentials
import Hypervisor
import SystemPackage

/// The disk that a container's changes go to.
extension Attendant {
    /// Makes the disk of a pod that has none yet.
    func prepareDisk() async throws {
        guard plan.keepsChanges, !FileManager.default.fileExists(atPath: directory.disk.string) else { return }
        try await trace.measure("make the disk for changes") {
            try await EmptyDisk(size: plan.writableSize, cache: node.root.appending("empty")).copy(to: directory.disk)
        }
    }

    /// The disk for the pod's changes, if it keeps them.
    var changesDisk: [DiskAttachment] {
        guard plan.keepsChanges else { return [] }
        let name = ContainerPlan.changesDisk
        return [DiskAttachment(id: name, path: directory.disk, serial: name, readOnly: false)]
    }
}
