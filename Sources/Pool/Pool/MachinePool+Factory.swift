package import Hypervisor
package import Logging
package import Sandboxes
package import SystemPackage

extension MachinePool {
    /// Makes a pool of a hypervisor's machines.
    ///
    /// - Parameters:
    ///   - program: the guest's program, the one that `guest` was made with.
    ///   - folder: where idle machines have their folders; in the same file system as those of the pods.
    ///   - identities: what this process knows of its machines, for whoever configures those that are handed out.
    package init(
        hypervisor: any Hypervisor,
        guest: GuestImage,
        program: FilePath,
        folder: FilePath,
        configuration: PoolConfiguration,
        identities: KnownIdentities,
        logger: Logger
    ) throws {
        let factory = MachineFactory(
            hypervisor: hypervisor,
            guest: guest,
            program: program,
            folder: folder,
            warmCycles: configuration.warmCycles,
            identities: identities
        )
        try self.init(maker: factory, folder: PoolFolder(folder), configuration: configuration, logger: logger)
    }
}
