import FoundationEssentials
import SystemPackage

/// QEMU's command line for one machine.
///
/// Measured: PVH's `vmlinux` and an unpacked initial file system boot fastest under emulation, `tb-size=32` costs no
/// idle memory, and without `tsc_early_khz` a guest under emulation hangs when the host is busy.
struct QEMUArguments {
    /// The numbers that the child's descriptors have.
    enum Descriptor {
        static let monitor: Int32 = 3
        static let agent: Int32 = 4
        static let tap: Int32 = 5
    }

    /// The agent port's name in the guest, and its device's.
    static let agentPort = "apus.agent.0"
    static let agentDevice = "agent0"
    static let consoleRing = "console"

    let configuration: VMConfiguration
    let accelerator: Accelerator
    /// The host's time stamp counter rate, for the emulated guest.
    let tscKilohertz: UInt64?

    /// All arguments after the program's name.
    func list() throws -> [String] {
        try machine + channels + devices + network + disks()
    }

    private var machine: [String] {
        let memory = configuration.memory >> 20
        return [
            "-name", configuration.id, "-nodefaults", "-no-user-config", "-display", "none",
            // A guest that ends stays, stopped, until its reason and console were read; it never reboots in place.
            "-no-reboot", "-no-shutdown",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-global", "virtio-mmio.force-legacy=false",
            "-M", "microvm", "-accel", accelerator == .kvm ? "kvm" : "tcg,tb-size=32",
            "-cpu", accelerator == .kvm ? "host" : "max",
            "-smp", "\(configuration.processors)", "-m", "\(memory)M",
            "-kernel", configuration.guest.kernel(for: accelerator).string,
            "-initrd", configuration.guest.initramfs.string, "-append", commandLine,
        ]
    }

    /// The crypto self-tests that are left out take a quarter of a boot under emulation (0.4 of 1.9 s, measured).
    private var commandLine: String {
        var words = ["console=ttyS0", "quiet", "loglevel=4", "panic=-1", "cryptomgr.notests"]
        if accelerator == .tcg, let tscKilohertz { words.append("tsc_early_khz=\(tscKilohertz)") }
        return (words + configuration.kernelArguments).joined(separator: " ")
    }

    private var channels: [String] {
        [
            "-chardev", "socket,id=monitor,fd=\(Descriptor.monitor),server=on,wait=off",
            "-mon", "chardev=monitor,mode=control",
            "-chardev", "ringbuf,id=\(Self.consoleRing),size=\(ConsoleLog.capacity)",
            "-serial", "chardev:\(Self.consoleRing)",
            "-chardev", "socket,id=agent,fd=\(Descriptor.agent),server=on,wait=off",
        ]
    }

    private var devices: [String] {
        [
            "-device", "virtio-serial-device,id=serial0,max_ports=8",
            "-device", "virtserialport,bus=serial0.0,nr=1,chardev=agent,name=\(Self.agentPort),id=\(Self.agentDevice)",
            "-device", "virtio-scsi-device,id=scsi0",
            "-object", "rng-builtin,id=random0", "-device", "virtio-rng-device,rng=random0",
        ]
    }

    private var network: [String] {
        guard let card = configuration.network else { return [] }
        return [
            "-netdev", "tap,id=net0,fd=\(Descriptor.tap)",
            "-device", "virtio-net-device,netdev=net0,mac=\(card.address),id=nic0",
        ]
    }

    /// JSON, because a comma in a path would end an option in QEMU's own notation.
    private func disks() throws -> [String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try configuration.disks.enumerated().flatMap { slot, disk in
            [
                "-blockdev", String(decoding: try encoder.encode(BlockNode(disk, slot: slot)), as: UTF8.self),
                "-device", String(decoding: try encoder.encode(SCSIDisk(disk, slot: slot)), as: UTF8.self),
            ]
        }
    }
}
