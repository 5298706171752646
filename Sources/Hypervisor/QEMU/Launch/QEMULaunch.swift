/// A QEMU process to be: what it is told, and the open files that this refers to.
struct QEMULaunch: ~Copyable, Sendable {
    /// All arguments after the program's name.
    var arguments: [String] = []
    /// The open files, by the numbers that the arguments name.
    var descriptors = InheritedDescriptors()
    /// The files of disks, which some of those descriptors are borrowed from.
    var disks: [DiskFiles] = []
}
