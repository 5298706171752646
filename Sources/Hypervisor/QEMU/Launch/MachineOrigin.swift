/// What a machine's first state comes from.
///
/// The numbers are descriptors of files in memory that must be open until QEMU has started.
enum MachineOrigin: Sendable, Hashable {
    /// The kernel boots, in memory that goes with the machine.
    case kernel
    /// The kernel boots, in memory that outlives the machine: a file.
    case kernelInFile(memory: Int32)
    /// Nothing boots: the memory is a private view of a file, and the devices' state is still to come.
    case template(memory: Int32)
}
