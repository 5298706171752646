import AgentProtocolEmbedded
import CLinux

/// Starts processes: prepares all that the child path in C needs, then lets it go.
enum Launcher {
    /// Starts a container's first process.
    static func startInit(of container: Container, hostname: String) throws(AgentFailure) -> GuestProcess {
        let spec = container.spec
        let strings = CStrings()
        let mounts = ArrayOf<lx_mount>(
            allMounts(of: spec).map { mount in
                lx_mount(
                    destination: strings.string(mount.destination),
                    type: mount.type.utf8.isEmpty ? nil : UnsafePointer(strings.string(mount.type)),
                    source: strings.string(mount.source),
                    data: strings.string(mount.options),
                    flags: UInt(mount.flags)
                )
            }
        )
        let sysctls = ArrayOf<lx_sysctl>(
            spec.sysctls.map { setting in
                lx_sysctl(path: strings.string(slashed(setting.name)), value: strings.string(setting.value))
            }
        )
        let masked = constants(spec.maskedPaths, strings)
        let readOnly = constants(spec.readOnlyPaths, strings)
        var description = lx_container(
            root: strings.string(container.rootFileSystem.root),
            hostname: strings.string(spec.hostname.utf8.isEmpty ? hostname : spec.hostname),
            mounts: mounts.pointer,
            mount_count: mounts.count,
            masked: masked.pointer,
            masked_count: masked.count,
            readonly: readOnly.pointer,
            readonly_count: readOnly.count,
            sysctls: sysctls.pointer,
            sysctl_count: sysctls.count,
            root_readonly: spec.rootReadOnly
        )
        return try start(spec.process, in: container, isInit: true) { process, cgroup, report in
            lx_start_container(&description, process, cgroup, report)
        }
    }

    /// Starts a further process in a running container.
    static func startFurther(_ spec: ProcessSpec, in container: Container) throws(AgentFailure) -> GuestProcess {
        guard let handle = container.initHandle else {
            throw AgentFailure(.state, stage: "container \(container.id) is not running")
        }
        return try start(spec, in: container, isInit: false) { process, cgroup, report in
            lx_start_in_container(handle.number, process, cgroup, report)
        }
    }

    private static func start(
        _ spec: ProcessSpec,
        in container: Container,
        isInit: Bool,
        _ launch: (UnsafePointer<lx_process>, Int32, UnsafeMutablePointer<Int32>) -> Int32
    ) throws(AgentFailure) -> GuestProcess {
        let root = try container.openRoot()
        let identity = try Identity.resolve(spec.user, root: root.number)
        let pipes = try Pipes(terminal: spec.terminal != nil, openInput: spec.openInput)
        let cgroup = try container.cgroup.open()
        let strings = CStrings()
        let groups = ArrayOf<UInt32>(identity.groups + spec.additionalGroups)
        let limits = ArrayOf<lx_rlimit>(
            spec.resourceLimits.map { limit in
                lx_rlimit(resource: Int32(limit.resource), soft: limit.soft, hard: limit.hard)
            }
        )
        let filter = ArrayOf<UInt8>(spec.seccomp)
        let capabilities = spec.capabilities
        var process = lx_process(
            argv: UnsafePointer(strings.list(spec.arguments)),
            envp: UnsafePointer(strings.list(environment(spec, identity))),
            cwd: strings.string(spec.workingDirectory.utf8.isEmpty ? "/" : spec.workingDirectory),
            uid: identity.user,
            gid: identity.group,
            groups: groups.pointer,
            group_count: groups.count,
            bounding: capabilities.bounding,
            effective: capabilities.effective,
            permitted: capabilities.permitted,
            inheritable: capabilities.inheritable,
            ambient: capabilities.ambient,
            rlimits: limits.pointer,
            rlimit_count: limits.count,
            seccomp: filter.pointer,
            seccomp_count: filter.count / 8,
            no_new_privileges: spec.noNewPrivileges,
            terminal: spec.terminal != nil,
            rows: spec.terminal?.rows ?? 0,
            columns: spec.terminal?.columns ?? 0,
            oom_score_adjust: spec.oomScoreAdjustment,
            stdio: pipes.childEnds
        )
        var report: Int32 = -1
        let pid = try System.checkShim(launch(&process, cgroup.number, &report), "start a process")
        return GuestProcess(
            id: spec.id,
            container: container,
            role: isInit ? .first : .further,
            pid: isInit ? pid : 0,
            report: OwnedFile(report),
            files: pipes.parentEnds,
            hasTerminal: spec.terminal != nil
        )
    }

    /// The environment with HOME from the image's /etc/passwd where the host did not set it, as Docker does.
    private static func environment(_ spec: ProcessSpec, _ identity: Identity) -> [String] {
        for variable in spec.environment where variable.utf8.starts(with: "HOME=".utf8) { return spec.environment }
        return spec.environment + ["HOME=" + (identity.home.utf8.isEmpty ? "/" : identity.home)]
    }

    /// The pod's own files stand over the image's unless the host mounts something else there.
    private static func allMounts(of spec: ContainerSpec) -> [MountSpec] {
        var mounts = spec.mounts
        for name in ["hostname", "hosts", "machine-id", "resolv.conf"]
        where !mounts.contains(where: { $0.destination.isSame(as: "/etc/\(name)") }) {
            mounts.append(MountSpec(destination: "/etc/\(name)", type: "", source: "/run/pod/\(name)"))
        }
        return mounts
    }

    private static func slashed(_ name: String) -> String {
        String(decoding: name.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
    }

    private static func constants(_ list: [String], _ strings: CStrings) -> ArrayOf<UnsafePointer<CChar>?> {
        ArrayOf<UnsafePointer<CChar>?>(list.map { UnsafePointer(strings.string($0)) })
    }
}

/// A C array that lives as long as this value.
final class ArrayOf<Element> {
    /// The array, or `nil` when it is empty.
    let pointer: UnsafePointer<Element>?
    /// Its length.
    let count: Int

    init(_ elements: [Element]) {
        count = elements.count
        guard !elements.isEmpty else {
            pointer = nil
            return
        }
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
        memory.initialize(from: elements, count: elements.count)
        pointer = UnsafePointer(memory)
    }

    deinit { pointer.map { UnsafeMutablePointer(mutating: $0).deallocate() } }
}
