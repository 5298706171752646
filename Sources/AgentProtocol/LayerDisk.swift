/// The disk that every machine has for its containers' layers, of one size for ever.
///
/// It is divided into equal slots, each for one layer, and slot k is partition k. No partition table says so: the host
/// puts layers where both ends know that slots are, and the agent tells the kernel. So a machine is given layers while
/// it runs, without a device that appears. What no layer is in reads as zeros.
package enum LayerDisk {
    /// By which the agent finds it.
    package static let serial = "layers"
    /// How many layers it holds; the kernel has names for 255 partitions of a disk.
    package static let slots = 255
    /// The most bytes of a layer.
    package static let slotSize: Int64 = 64 << 30
    /// Bytes before the first slot, which are always zeros: no layer can look like a partition table to the kernel.
    package static let head: Int64 = 1 << 20
    /// Slots from the first that a template has partitions for already; the last one is prepared, too.
    package static let preparedSlots = 16
    /// The disk's length.
    package static let size = offset(of: slots + 1)

    /// Where a slot begins.
    package static func offset(of slot: Int) -> Int64 { head + Int64(slot - 1) * slotSize }
}
