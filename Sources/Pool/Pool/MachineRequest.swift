package import AgentProtocol
package import Hypervisor
package import Linux

/// What somebody wants a machine for.
package struct MachineRequest: Sendable {
    /// The machine's name if it has to be started for this request.
    package var id: String
    /// Its size.
    package var shape: MachineShape
    /// Whose it is.
    package var project: String
    /// The image that is going to be run in it, if idle machines may be prepared for it.
    package var image: PoolImage?
    /// What the VMM's process may use, guest included.
    package var limits: CgroupLimits?

    /// Describes a request.
    package init(
        id: String,
        shape: MachineShape,
        project: String,
        image: PoolImage? = nil,
        limits: CgroupLimits? = nil
    ) {
        self.id = id
        self.shape = shape
        self.project = project
        self.image = image
        self.limits = limits
    }
}

/// An image as the pool needs it to prepare machines for it.
package struct PoolImage: Sendable {
    /// The image's digest.
    package var digest: String
    /// The program that runs: looked up in the environment's PATH when it has no slash.
    package var program: String
    /// `NAME=value` each.
    package var environment: [String]
    /// Where its layers are in a machine that has been given them.
    package var layers: [LayerSource]
    /// Finds its layers' files: for this request, or later for a machine that is prepared for the next one.
    package var files: @Sendable () async throws -> [LayerFile]

    /// Describes an image.
    package init(
        digest: String,
        program: String,
        environment: [String],
        layers: [LayerSource],
        files: @escaping @Sendable () async throws -> [LayerFile]
    ) {
        self.digest = digest
        self.program = program
        self.environment = environment
        self.layers = layers
        self.files = files
    }
}
