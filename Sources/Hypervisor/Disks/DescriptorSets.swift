import AgentProtocol

/// The numbers under which QEMU keeps the open files that it was handed (its "fd sets").
///
/// The number says what a file is for, so that a new daemon can ask QEMU what there is, instead of a file that could
/// disagree with it.
enum DescriptorSets {
    /// The empty file that the layer disk has where no layer is.
    static let zeros = 0
    private static let disks = LayerDisk.slots + 1
    private static let texts = disks + DiskSlots.targets

    /// The number of the layer in a slot of the layer disk.
    static func layer(_ slot: Int) -> Int { slot }

    /// The number of a plugged disk's file.
    static func disk(target: Int) -> Int { disks + target }

    /// The number of the text that joins layers to the layer disk of a generation, from 1.
    static func text(_ generation: Int) -> Int { texts + generation }

    /// The slot whose layer has this number, if it is a layer's.
    static func slot(of number: Int) -> Int? { (1...LayerDisk.slots).contains(number) ? number : nil }

    /// The generation whose text has this number, if it is a text's.
    static func generation(of number: Int) -> Int? { number > texts ? number - texts : nil }

    /// The path that QEMU understands as one of those files.
    static func path(_ number: Int) -> String { "/dev/fdset/\(number)" }
}
