import AgentProtocol
import Sandboxes
import Testing

@Suite("Confinement of a container")
struct ConfinementTests {
    private func container(user: String = "") -> ContainerSpec {
        ContainerSpec(
            id: "web",
            layers: [LayerSource(serial: "layer")],
            writable: .memory(limit: 0),
            mounts: [MountSpec(destination: "/data", type: "", source: "/volumes/data")],
            process: ProcessSpec(id: 1, arguments: ["/bin/true"], user: user)
        )
    }

    @Test("the kernel's file systems come first, as the OCI specification asks for them")
    func mounts() throws {
        var spec = container()
        try Confinement().apply(to: &spec)
        #expect(
            spec.mounts.map(\.destination) == [
                "/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm", "/data",
            ]
        )
        #expect(
            spec.mounts.map(\.type) == ["proc", "tmpfs", "devpts", "sysfs", "cgroup2", "mqueue", "tmpfs", ""]
        )
        // RDONLY 1, NOSUID 2, NODEV 4, NOEXEC 8, STRICTATIME 1 << 24.
        #expect(spec.mounts.map(\.flags) == [14, 2 | 1 << 24, 10, 15, 15, 14, 14, 0])
        #expect(spec.mounts[1].options == "mode=755,size=65536k")
        #expect(spec.mounts[2].options == "newinstance,ptmxmode=0666,mode=0620,gid=5")
        #expect(spec.mounts[6].options == "mode=1777,size=67108864")
    }

    @Test(
        "what tells too much is hidden, and settings of the whole kernel are read-only",
        arguments: [
            ("/proc/kcore", true), ("/proc/keys", true), ("/proc/timer_list", true), ("/sys/firmware", true),
            ("/sys/devices/virtual/powercap", true), ("/proc/scsi", true), ("/proc/acpi", true),
            ("/proc/sys", false), ("/proc/sysrq-trigger", false), ("/proc/irq", false), ("/proc/bus", false),
            ("/proc/fs", false),
        ]
    )
    func paths(path: String, hidden: Bool) throws {
        var spec = container()
        try Confinement().apply(to: &spec)
        #expect(spec.maskedPaths.contains(path) == hidden)
        #expect(spec.readOnlyPaths.contains(path) == !hidden)
    }

    @Test("the size of /dev/shm can be chosen")
    func sharedMemory() throws {
        var spec = container()
        try Confinement(sharedMemory: 1 << 30).apply(to: &spec)
        #expect(spec.mounts[6].options == "mode=1777,size=1073741824")
    }

    @Test("the filter follows the capabilities")
    func filter() throws {
        #expect(try Confinement().seccomp == SeccompProfile.standard(with: .standard).program)
        #expect(try Confinement(adding: ["SYS_ADMIN"]).seccomp != Confinement().seccomp)
        #expect(try Confinement(filtersSystemCalls: false).seccomp.isEmpty)
        #expect(throws: SandboxError.self) { try Confinement(adding: ["EVERYTHING"]) }
    }

    @Test("a privileged container is held by the microVM alone")
    func privileged() {
        var spec = container()
        Confinement.privileged().apply(to: &spec)
        #expect(spec.maskedPaths.isEmpty && spec.readOnlyPaths.isEmpty && spec.process.seccomp.isEmpty)
        #expect(spec.process.capabilities.effective == Capabilities.all.bits)
        #expect(spec.mounts.allSatisfy { $0.flags & MountFlags.readOnly.rawValue == 0 })
    }

    @Test("a further process gets the container's capabilities by its own user")
    func furtherProcess() throws {
        let confinement = try Confinement()
        var process = ProcessSpec(id: 2, arguments: ["sh"], user: "app")
        confinement.apply(to: &process)
        #expect(process.capabilities.effective == 0)
        #expect(process.seccomp == confinement.seccomp)
        process.user = "root"
        confinement.apply(to: &process)
        #expect(process.capabilities.effective == confinement.capabilities.bits)
    }

    @Test("the description passes over the wire")
    func wire() throws {
        var spec = container(user: "app")
        try Confinement(adding: ["ALL"]).apply(to: &spec)
        var writer = WireWriter()
        spec.encode(to: &writer)
        var reader = WireReader(writer.bytes)
        #expect(try ContainerSpec(from: &reader) == spec)
    }
}
