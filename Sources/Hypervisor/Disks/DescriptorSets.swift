/// The numbers under which QEMU keeps the open files that it was handed (its "fd sets").
///
/// The number says which disk a file belongs to, so that a new daemon can ask QEMU what there is to close, instead of
/// a file that could disagree with it.
enum DescriptorSets {
    /// How many files a disk can consist of; an image has at most 128 layers.
    private static let perDisk = 256
    /// All of them but the one that says how they are joined.
    static let mostExtents = perDisk - 1

    /// The number of one of the files of the disk in a slot.
    static func number(slot: Int, file: Int) -> Int { slot * perDisk + file }

    /// The slot of a file's disk.
    static func slot(of number: Int) -> Int { number / perDisk }

    /// The path that QEMU understands as one of those files.
    static func path(_ number: Int) -> String { "/dev/fdset/\(number)" }
}
