import FoundationEssentials
import Hypervisor
import Images
import Logging
import NBD
import Registry
import SystemPackage

/// The disk of a pod's image.
extension Attendant {
    /// What the machine is given as its image.
    func imageDisk() async throws -> DiskAttachment {
        guard plan.image.isLazy else { return try await plan.disk(in: directory.run) }
        let name = ContainerPlan.imageDisk
        return DiskAttachment(id: name, path: directory.imageSocket, serial: name, readOnly: true, format: .nbd)
    }

    /// Runs a body while the machine can read the image, and fetches in the background what the image lacks.
    func servingImage(_ body: () async throws -> Void) async throws {
        // A machine that an earlier attendant started reads from its socket even if the image is whole by now.
        guard plan.image.isLazy || FileManager.default.fileExists(atPath: directory.imageSocket.string) else {
            return try await body()
        }
        let (configuration, credentials) = try registries()
        try await RegistryClient.with(configuration, credentials: credentials, log: logger) { client in
            let disk = try LazyImageDisk(plan.image, with: client)
            let server = try await NBDServer.bind(directory.imageSocket, source: disk) { complain($0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                group.addTask(priority: .background) { await fill(disk) }
                defer { group.cancelAll() }
                try await body()
            }
        }
    }

    private func fill(_ disk: LazyImageDisk) async {
        do {
            try await disk.fill()
        } catch is CancellationError {
            return
        } catch {
            // What is still missing is fetched when it is read, and the next start tries the rest again.
            complain(error)
        }
    }

    /// The guest only sees that a read failed.
    private func complain(_ error: any Error) {
        logger.error(
            "cannot fetch a part of the image",
            metadata: ["image": "\(plan.record.spec.image)", "error": "\(error)"]
        )
    }
}
