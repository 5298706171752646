/// What starts virtual machines, and finds those again that an earlier daemon started.
package protocol Hypervisor: Sendable {
    /// What this hypervisor can do here.
    var capabilities: HypervisorCapabilities { get }

    /// Starts a virtual machine whose sockets, record and logs live in a folder of its own.
    ///
    /// It returns when the VMM answers its monitor; the guest is still booting then (see `waitForAgent`). After an
    /// error nothing is left running.
    func start(_ configuration: VMConfiguration, in directory: VMDirectory) async throws -> any VirtualMachine

    /// Takes hold of a virtual machine that is running already.
    ///
    /// An error of code `gone` means that nothing runs there any more.
    func reconnect(_ directory: VMDirectory) async throws -> any VirtualMachine
}

/// What a hypervisor can do, so that callers need not know which one it is.
package struct HypervisorCapabilities: Sendable, Hashable {
    /// How guest code is executed.
    package var accelerator: Accelerator
    /// How many disks a machine can have at once.
    package var maximumDisks: Int
    /// Whether disks can come and go while a machine runs.
    package var hotPlugsDisks: Bool
    /// Whether a machine can be paused.
    package var pauses: Bool

    /// Lists what a hypervisor can do.
    package init(accelerator: Accelerator, maximumDisks: Int, hotPlugsDisks: Bool, pauses: Bool) {
        self.accelerator = accelerator
        self.maximumDisks = maximumDisks
        self.hotPlugsDisks = hotPlugsDisks
        self.pauses = pauses
    }
}

/// How guest code is executed.
package enum Accelerator: String, Sendable, Hashable, Codable {
    /// By the processor, through the kernel's KVM.
    case kvm
    /// By QEMU's translator: works everywhere, several times slower.
    case tcg
}
