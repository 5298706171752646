import Linux

/// What the process of one machine may use of the host, whatever its guest makes it do.
struct VMMBounds {
    /// Memory beside the guest's: measured 53 MiB of QEMU's own under emulation, 32 MiB of it translated code, and the
    /// page cache that its reading takes, which the kernel takes back when it is short of memory.
    private static let overhead: UInt64 = 128 << 20
    /// Threads beside one for each processor: QEMU keeps up to 64 for reading and writing files (util/thread-pool.c).
    private static let helpers: UInt64 = 80
    /// Open files: two for each of a machine's 255 layers, a third while others come, plugged disks, and its own.
    private static let files: UInt64 = 4096

    let configuration: VMConfiguration
    /// Whether its memory is a private view of a template's.
    let sharesTemplate: Bool

    init(_ configuration: VMConfiguration, sharesTemplate: Bool = false) {
        self.configuration = configuration
        self.sharesTemplate = sharesTemplate
    }

    /// The most that its guest's memory is charged with.
    ///
    /// A page that no guest has touched yet is a hole in the template's file. Writing to a private view of it fills the
    /// hole first and copies it then (`do_cow_fault`, mm/memory.c), and both pages are charged to who was there first:
    /// measured 299 MB of the template's on top of 370 MB of the machine's own. All clones together fill a hole once.
    private var memory: UInt64 { sharesTemplate ? 2 * configuration.memory : configuration.memory }

    private var threads: UInt64 { UInt64(configuration.processors) + Self.helpers }

    /// The limits of its control group; one processor comes on top of the guest's for the devices.
    var group: CgroupLimits {
        var limits = configuration.limits
        limits.memory = limits.memory ?? memory + Self.overhead
        limits.processes = limits.processes ?? threads
        limits.milliProcessors = limits.milliProcessors ?? (UInt64(configuration.processors) + 1) * 1000
        return limits
    }

    /// The limits of the process; those of a jailed one's user as well, which root has none of.
    func process(jailed: Bool) -> [SpawnPlan.Limit] {
        let always: [SpawnPlan.Limit] = [.core(0), .openFiles(Self.files), .lockedMemory(0)]
        return jailed ? always + [.processes(threads)] : always
    }
}
