import FoundationEssentials
import Hypervisor
import Images
import Logging
import NBD
import Registry
import Sandboxes
import SystemPackage

/// The disk of a pod's image.
extension Attendant {
    /// Adds the image to a machine that is to boot: its layers, or a disk that is served while they are fetched.
    func addImage(to configuration: inout VMConfiguration) throws {
        guard plan.image.isLazy else {
            configuration.layers = try plan.layerFiles()
            return
        }
        let name = ContainerPlan.servedDisk
        let content = DiskAttachment.Content.server(socket: PodDirectory.imageSocket)
        configuration.disks = [DiskAttachment(id: name, content: content, serial: name, readOnly: true)]
    }

    /// Runs a body while the machine can read the image, and fetches in the background what the image lacks.
    func servingImage(_ body: () async throws -> Void) async throws {
        // A machine that an earlier attendant started reads from its socket even if the image is whole by now.
        guard plan.image.isLazy || FileManager.default.fileExists(atPath: directory.imageSocket.string) else {
            return try await body()
        }
        let (configuration, credentials) = try registries()
        try await RegistryClient.with(
            configuration,
            credentials: credentials,
            policy: Self.patience,
            log: logger
        ) { client in
            let disk = try LazyImageDisk(plan.image, with: client)
            let last = Observed("")
            try directory.machine.prepare()
            // The machine's own user connects, and nobody else can enter the folder around.
            let server = try await NBDServer.bind(directory.imageSocket, source: disk, forAll: true) {
                complain($0, unless: last)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                group.addTask(priority: .background) { await fill(disk, last) }
                defer { group.cancelAll() }
                try await body()
            }
        }
    }

    /// A guest's kernel gives a read up after 30 seconds, and repeats one that failed five times by itself.
    private static var patience: RetryPolicy {
        var policy = RetryPolicy.standard
        policy.attempts = 2
        policy.connectTimeout = .seconds(5)
        policy.headTimeout = .seconds(10)
        policy.idleTimeout = .seconds(10)
        return policy
    }

    private func fill(_ disk: LazyImageDisk, _ last: Observed<String>) async {
        do {
            try await disk.fill()
        } catch is CancellationError {
            return
        } catch {
            // What is still missing is fetched when it is read, and the next start tries the rest again.
            complain(error, unless: last)
        }
    }

    /// The guest only sees that a read failed; what was said last is not said again, however often it tries.
    private func complain(_ error: any Error, unless last: Observed<String>) {
        guard last.value != "\(error)" else { return }
        last.update { $0 = "\(error)" }
        logger.error(
            "cannot fetch a part of the image",
            metadata: ["image": "\(plan.record.spec.image)", "error": "\(error)"]
        )
    }
}
