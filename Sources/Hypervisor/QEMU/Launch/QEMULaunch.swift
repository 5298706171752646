/// A QEMU process to be: what it is told, and the open files that this refers to.
struct QEMULaunch: ~Copyable, Sendable {
    /// All arguments after the program's name.
    var arguments: [String] = []
    /// The open files, by the numbers that the arguments name.
    var descriptors = InheritedDescriptors()
    /// The files of disks and layers, which some of those descriptors are borrowed from.
    private var files: [any AnyObject & Sendable] = []

    /// Lends files that QEMU finds under their numbers in `DescriptorSets`.
    mutating func lend(_ lent: [HandedFiles.File], of owner: any AnyObject & Sendable) {
        files.append(owner)
        for file in lent {
            let number = descriptors.add(borrowed: file.descriptor).number
            let label = file.label.map { ",opaque=\($0)" } ?? ""
            arguments += ["-add-fd", "fd=\(number),set=\(file.set)\(label)"]
        }
    }
}
