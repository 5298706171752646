import AgentProtocol
import FoundationEssentials
import Linux
import SystemPackage

/// QEMU's command line for one machine.
///
/// Measured: PVH's `vmlinux` and an unpacked initial file system boot fastest under emulation, `tb-size=32` costs no
/// idle memory, and without `tsc_early_khz` a guest under emulation hangs when the host is busy.
struct QEMUArguments: Sendable {
    /// The agent port's name in the guest, and its device's.
    static let agentPort = "apus.agent.0"
    static let agentDevice = "agent0"
    static let consoleRing = "console"
    /// The card's address until somebody gives it one: QEMU's own prefix, and a number that no machine is given.
    private static let unassignedAddress = "52:54:00:00:00:00"

    let configuration: VMConfiguration
    let accelerator: Accelerator
    /// The host's time stamp counter rate, for the emulated guest.
    let tscKilohertz: UInt64?
    /// What the machine's first state comes from.
    var origin = MachineOrigin.kernel

    /// The emulated processor, without two features that cost more than they bring.
    ///
    /// A kernel and a libc that see `erms` copy and clear with `rep movsb` and `rep stosb`, which QEMU does byte by byte:
    /// without it a file in memory is written three times as fast (64 MiB in 190 instead of 560 ms) and read four times
    /// (50 instead of 210 ms), and a page fault takes two thirds. `la57` is one more level of page tables to walk, for
    /// address spaces above 128 TiB: without it 300 forks take 360 instead of 410 ms.
    private static let emulatedProcessor = "max,-erms,-la57"

    /// Everything that QEMU is started with; the sockets are those that it is to listen on.
    ///
    /// The files that it only reads are opened here, so that it needs no file system to find them in.
    func launch(monitor: consuming OwnedFD, agent: consuming OwnedFD) throws -> QEMULaunch {
        var launch = QEMULaunch()
        launch.arguments = common
        try addOrigin(to: &launch)
        let (monitor, agent) = (launch.descriptors.add(monitor), launch.descriptors.add(agent))
        launch.arguments += channels(monitor, agent) + devices
        addNetwork(to: &launch)
        try addLayers(to: &launch)
        try addDisks(to: &launch)
        return launch
    }

    /// Whether the machine sees a template's memory until it writes.
    var sharesTemplate: Bool { if case .template = origin { true } else { false } }

    /// What must be the same in a template and in the machines that are restored from it.
    var fixed: [String] {
        machine + [commandLine] + devices + [networkCard(Self.unassignedAddress), "\(SCSIDisk.layers)"]
            + [LayerDisk.head, LayerDisk.slotSize, LayerDisk.size, Int64(LayerDisk.preparedSlots)].map { "\($0)" }
    }

    private var common: [String] {
        [
            "-name", configuration.id, "-nodefaults", "-no-user-config", "-display", "none",
            // A guest that ends stays, stopped, until its reason and console were read; it never reboots in place.
            "-no-reboot", "-no-shutdown",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-global", "virtio-mmio.force-legacy=false",
        ] + machine
    }

    private var machine: [String] {
        [
            "-accel", accelerator == .kvm ? "kvm" : "tcg,tb-size=32", "-cpu",
            accelerator == .kvm ? "host" : Self.emulatedProcessor,
            "-smp", "\(configuration.processors)", "-m", "\(configuration.memory >> 20)M",
        ]
    }

    private func addOrigin(to launch: inout QEMULaunch) throws {
        switch origin {
        case .kernel:
            launch.arguments += ["-M", "microvm"]
            try addGuest(to: &launch)
        case .kernelInFile(let memory):
            addMemory(memory, shared: true, to: &launch)
            try addGuest(to: &launch)
        case .template(let memory):
            addMemory(memory, shared: false, to: &launch)
            launch.arguments += ["-incoming", "defer"]
        }
    }

    private func addMemory(_ file: Int32, shared: Bool, to launch: inout QEMULaunch) {
        let (path, size) = (launch.descriptors.add(borrowed: file).path, configuration.memory >> 20)
        launch.arguments += [
            "-M", "microvm,memory-backend=memory",
            "-object", "memory-backend-file,id=memory,size=\(size)M,mem-path=\(path),share=\(shared ? "on" : "off")",
        ]
    }

    private func addGuest(to launch: inout QEMULaunch) throws {
        let kernel = launch.descriptors.add(try Self.open(configuration.guest.kernel(for: accelerator)))
        let initramfs = launch.descriptors.add(try Self.open(configuration.guest.initramfs))
        launch.arguments += ["-kernel", kernel.path, "-initrd", initramfs.path, "-append", commandLine]
    }

    /// QEMU opens such a file once more, as a user that owns nothing.
    private static func open(_ path: FilePath) throws -> OwnedFD {
        guard (try? FileStatus(path))?.isReadableByAll != false else {
            throw HypervisorError(.invalid, "\(path) to boot from is not readable by all (do \"chmod a+r \(path)\")")
        }
        do { return try .open(path, .readOnly) } catch {
            throw HypervisorError(.missing, "cannot open \(path) to boot from (see \"make kernel\")", cause: error)
        }
    }

    /// The crypto self-tests that are left out take a quarter of a boot under emulation (0.4 of 1.9 s, measured).
    ///
    /// Pages are cleared when they are used, not when they are freed: a machine from a template gets the template's
    /// bytes back in free pages that the host took, where a kernel that clears pages as it frees them trusts in zeros.
    ///
    /// Debian's kernel also brings security modules that need a policy (AppArmor, Tomoyo, SELinux, BPF, integrity). No
    /// guest loads one, but their hooks run at each open and exec: without them a container's start from a template
    /// executes 2 % less code (900 of 45,000 blocks that QEMU translates, 8 µs each).
    private var commandLine: String {
        var words = ["console=ttyS0", "quiet", "loglevel=4", "panic=-1", "cryptomgr.notests", "init_on_free=0"]
        words.append("lsm=landlock,lockdown,yama")
        if accelerator == .tcg { words += emulationWords }
        return (words + configuration.kernelArguments).joined(separator: " ")
    }

    /// What pays only where each instruction has to be translated when it is first met.
    ///
    /// The stalls that PSI counts at each change of tasks are 1 % of a start (430 blocks). A compiler of BPF programs is
    /// another (400 blocks), for a container's one filter of system calls; those that it allows whatever their arguments
    /// never reach the filter (seccomp_cache_prepare), the others (`socket`, `personality`) take 0.5 µs longer.
    /// Not worth a word: `audit=0`, `tsc=reliable`, `tsc=nowatchdog` (nothing measurable) and `mitigations=off` (an
    /// emulated AMD processor needs few of them; neither a start nor forks, calls and copies become faster).
    private var emulationWords: [String] {
        ["psi=0", "sysctl.net.core.bpf_jit_enable=0"] + (tscKilohertz.map { ["tsc_early_khz=\($0)"] } ?? [])
    }

    private func channels(_ monitor: InheritedDescriptor, _ agent: InheritedDescriptor) -> [String] {
        [
            "-chardev", "socket,id=monitor,fd=\(monitor.number),server=on,wait=off",
            "-mon", "chardev=monitor,mode=control",
            "-chardev", "ringbuf,id=\(Self.consoleRing),size=\(ConsoleLog.capacity)",
            "-serial", "chardev:\(Self.consoleRing)",
            "-chardev", "socket,id=agent,fd=\(agent.number),server=on,wait=off",
        ]
    }

    private var devices: [String] {
        [
            "-device", "virtio-serial-device,id=serial0,max_ports=8",
            "-device", "virtserialport,bus=serial0.0,nr=1,chardev=agent,name=\(Self.agentPort),id=\(Self.agentDevice)",
            "-device", "virtio-scsi-device,id=scsi0",
            "-object", "rng-builtin,id=random0", "-device", "virtio-rng-device,rng=random0",
            // Without page-poison a guest whose kernel clears or marks freed pages reports none, which it must not:
            // it would find other bytes there (virtballoon_validate, drivers/virtio/virtio_balloon.c).
            "-device", "virtio-balloon-device,id=balloon0,free-page-reporting=on,page-poison=off",
        ]
    }

    /// The card is always there and ends in a hub, so that a tap can be put behind it at any time.
    private func addNetwork(to launch: inout QEMULaunch) {
        let card = configuration.network
        launch.arguments += ["-netdev", "hubport,id=net0,hubid=0"]
        launch.arguments += ["-device", networkCard(card?.address ?? Self.unassignedAddress)]
        guard let card else { return }
        let tap = launch.descriptors.add(borrowed: card.tap)
        launch.arguments += [
            "-netdev", "tap,id=tap0,fd=\(tap.number)", "-netdev", "hubport,id=hub0,hubid=0,netdev=tap0",
        ]
    }

    private func networkCard(_ address: String) -> String {
        // A restored card would ask its driver to announce the address that the template had.
        "virtio-net-device,netdev=net0,mac=\(address),id=nic0,guest_announce=off"
    }

    /// The layer disk is always there, with something in it or not.
    private func addLayers(to launch: inout QEMULaunch) throws {
        var source = LayerNode.Source.zeros
        if !configuration.layers.isEmpty {
            let opened = try OpenLayers(configuration.layers, from: 1)
            var slots = LayerSlots()
            let (layers, texts) = try opened.files(adding: slots.fill(opened.contents, from: 1), to: slots)
            launch.lend(layers, of: opened)
            launch.lend(texts.files, of: texts)
            launch.arguments += ["-blockdev", try Self.json(BlockNode(layers: slots.next))]
            source = .joined(generation: slots.next)
        }
        launch.arguments += try [
            "-blockdev", Self.json(LayerNode(file: source)), "-device", Self.json(SCSIDisk.layers),
        ]
    }

    private func addDisks(to launch: inout QEMULaunch) throws {
        for (index, disk) in configuration.disks.enumerated() {
            let slot = DiskSlots.first + index
            let files = try HandedFiles(disk, target: slot)
            launch.lend(files.files, of: files)
            launch.arguments += try [
                "-blockdev", Self.json(BlockNode(disk, slot: slot)), "-device", Self.json(SCSIDisk(disk, slot: slot)),
            ]
        }
    }

    /// JSON, as a comma in a value would end an option in QEMU's own notation.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
