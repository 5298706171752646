package import Hypervisor
package import Images
import OCI
package import SystemPackage

/// What a node is told: where its state lies and what its pods are made with.
package struct NodeConfiguration: Sendable {
    /// What must survive a restart of the machine.
    package var root: FilePath
    /// The images, which are an OCI image layout.
    package var images: FilePath { root.appending("images") }
    /// What belongs to running pods.
    package var runRoot: FilePath
    /// Where the node's daemon is reached.
    package var daemonSocket: FilePath { runRoot.appending("daemon.sock") }
    /// The program that becomes a pod's attendant when it is called with `attend`.
    package var program: FilePath
    /// The guest's PID 1.
    package var guest: FilePath
    /// Which kernel guests boot.
    package var kernel: KernelChoice
    /// How guest code is to be executed.
    package var accelerator: AcceleratorPolicy
    /// Whether machines are locked up.
    package var jail = JailPolicy.on
    /// The registry of image names that name none.
    package var defaultRegistry = ImageReference.defaultDomain
    /// How much an image may ask of this machine.
    package var imageLimits = Limits()
    /// Memory of a machine whose pod has no limit of its own, in bytes.
    package var defaultMemory: UInt64 = 512 << 20
    /// How long a guest may take from power-on to its agent's answer; under emulation on a loaded machine a kernel
    /// that takes a second alone can take twenty.
    package var bootPatience: Duration = .seconds(90)

    /// Describes a node.
    package init(
        root: FilePath,
        runRoot: FilePath,
        program: FilePath,
        guest: FilePath,
        kernel: KernelChoice = .automatic,
        accelerator: AcceleratorPolicy = .auto
    ) {
        self.root = root
        self.runRoot = runRoot
        self.program = program
        self.guest = guest
        self.kernel = kernel
        self.accelerator = accelerator
    }
}
