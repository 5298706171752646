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

    /// Boots a machine, waits for its agent, prepares it as is wished, saves it and ends it.
    ///
    /// The folder must exist and is removed, whatever comes of it: a template is kept in memory.
    func makeTemplate(
        _ shape: MachineShape,
        guest: GuestImage,
        in directory: VMDirectory,
        prepare: @escaping @Sendable (any VirtualMachine) async throws -> Void
    ) async throws -> MachineTemplate

    /// Starts a machine where a template was saved.
    ///
    /// It returns when the guest runs, with its layers; disks are plugged in by then, the guest may still be looking at
    /// them. The guest believes that it is the template: its clock, its random numbers and its names are that one's.
    /// After an error nothing is left running.
    func restore(
        _ template: MachineTemplate,
        _ configuration: VMConfiguration,
        in directory: VMDirectory
    ) async throws -> any VirtualMachine

    /// Stands for everything that must be the same in a template and in the machines that are restored from it.
    ///
    /// A template of another key is of no use any more: another kernel, guest program, hypervisor or boot of the host.
    func templateKey(_ shape: MachineShape, guest: GuestImage) throws -> String
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
