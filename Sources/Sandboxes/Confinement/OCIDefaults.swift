package import AgentProtocol

/// What a container finds around it unless it is told otherwise: the values of the OCI runtime specification's
/// "Default Filesystems" and of Docker.
package enum OCIDefaults {
    /// The environment of a process whose image sets none.
    package static let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Docker's `--shm-size`.
    package static let sharedMemory: UInt64 = 64 << 20

    /// The kernel's file systems, in the order in which they are mounted, before any volume.
    ///
    /// - Parameters:
    ///   - privileged: whether /sys and the cgroups can be written to.
    ///   - sharedMemory: the size of /dev/shm in bytes.
    package static func mounts(privileged: Bool = false, sharedMemory: UInt64 = sharedMemory) -> [MountSpec] {
        let inert: MountFlags = [.noSetUserID, .noDevices, .noExecute]
        let system = privileged ? inert : inert.union(.readOnly)
        return [
            mount("/proc", "proc", inert),
            mount("/dev", "tmpfs", [.noSetUserID, .strictAccessTime], "mode=755,size=65536k"),
            mount(
                "/dev/pts",
                "devpts",
                [.noSetUserID, .noExecute],
                "newinstance,ptmxmode=0666,mode=0620,gid=5"
            ),
            mount("/sys", "sysfs", system),
            mount("/sys/fs/cgroup", "cgroup2", system, source: "cgroup"),
            mount("/dev/mqueue", "mqueue", inert),
            mount("/dev/shm", "tmpfs", inert, "mode=1777,size=\(sharedMemory)", source: "shm"),
        ]
    }

    /// Files of the kernel that tell too much; what is missing in the guest's kernel is passed over.
    package static let maskedPaths = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
        "/sys/firmware",
    ]

    /// Settings of the whole kernel, which root in a container may read only.
    package static let readOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    private static func mount(
        _ destination: String,
        _ type: String,
        _ flags: MountFlags,
        _ options: String = "",
        source: String? = nil
    ) -> MountSpec {
        MountSpec(
            destination: destination,
            type: type,
            source: source ?? type,
            flags: flags.rawValue,
            options: options
        )
    }
}
