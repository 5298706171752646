import CLinux
import SystemPackage

/// Starts programs, with a pidfd from the first instant and without running Swift between clone and exec.
package enum ChildProcess {
    /// Starts a program and returns once its `exec` succeeded or failed.
    ///
    /// The call blocks for the milliseconds until exec. The handle's owner must wait for the process, otherwise a
    /// zombie stays until this process ends; the process itself does not depend on this one staying alive.
    package static func spawn(_ plan: SpawnPlan) throws(LinuxError) -> ProcessHandle {
        let null = try OwnedFD.open("/dev/null", O_RDWR)
        let groups = try CgroupMembership(plan.cgroup)
        var jail: JailShim?
        if let plan = plan.jail { jail = try JailShim(plan) }
        var mappings = plan.descriptors
        for target in Int32(0)...2 where !mappings.contains(where: { $0.target == target }) {
            mappings.append(.init(source: null.rawValue, target: target))
        }
        var pidfd: Int32 = -1
        var stage: Int32 = 0
        let result = spawn(plan, mappings, groups.numbers, jail, &pidfd, &stage)
        // Until here the child's descriptors had to stay open.
        _ = consume groups
        _ = consume null
        guard result > 0 else {
            throw LinuxError(stage: "start \(plan.executable)\(name(of: stage))", errno: Errno(rawValue: -result))
        }
        return try ProcessHandle(child: result, pidfd: OwnedFD(taking: pidfd))
    }

    private static func spawn(
        _ plan: SpawnPlan,
        _ mappings: [SpawnPlan.Descriptor],
        _ cgroups: [Int32],
        _ jail: JailShim?,
        _ pidfd: inout Int32,
        _ stage: inout Int32
    ) -> Int32 {
        let strings = CStrings([plan.executable.string] + plan.arguments)
        let variables = CStrings(plan.environment)
        let directory = CStrings(plan.directory.map { [$0.string] } ?? [])
        let limits = plan.limits.map(\.shim)
        return mappings.map(\.source).withUnsafeBufferPointer { sources in
            mappings.map(\.target).withUnsafeBufferPointer { targets in
                limits.withUnsafeBufferPointer { limits in
                    cgroups.withUnsafeBufferPointer { cgroups in
                        var args = lx_spawn_args()
                        args.path = UnsafePointer(strings.pointers[0])
                        args.argv = UnsafePointer(strings.pointers.baseAddress)
                        args.envp = UnsafePointer(variables.pointers.baseAddress)
                        args.directory = UnsafePointer(directory.pointers[0])
                        (args.sources, args.targets) = (sources.baseAddress, targets.baseAddress)
                        args.descriptors = Int32(mappings.count)
                        (args.cgroups, args.cgroup_count) = (cgroups.baseAddress, Int32(cgroups.count))
                        (args.limits, args.limit_count) = (limits.baseAddress, Int32(limits.count))
                        args.jail = UnsafePointer(jail?.pointer)
                        args.new_session = plan.newSession ? 1 : 0
                        args.no_thp = plan.disableHugePages ? 1 : 0
                        args.no_new_privileges = plan.noNewPrivileges ? 1 : 0
                        args.ignore_hole_punching = plan.ignoresHolePunching ? 1 : 0
                        return lx_spawn(&args, &pidfd, &stage)
                    }
                }
            }
        }
    }

    private static func name(of stage: Int32) -> String {
        switch lx_spawn_stage(UInt32(stage)) {
        case LX_STAGE_DESCRIPTORS: " (hand over descriptors)"
        case LX_STAGE_CGROUP: " (join its cgroup)"
        case LX_STAGE_SESSION: " (make a session)"
        case LX_STAGE_LIMIT: " (set a resource limit)"
        case LX_STAGE_PRCTL: " (set a process flag)"
        case LX_STAGE_DIRECTORY: " (enter its working directory)"
        case LX_STAGE_FILTER: " (filter its system calls)"
        case LX_STAGE_NAMESPACES: " (make its namespaces)"
        case LX_STAGE_JAIL_MOUNT: " (mount its jail)"
        case LX_STAGE_JAIL_ROOT: " (make its jail its root)"
        case LX_STAGE_JAIL_IDENTITY: " (give up its identity)"
        default: ""
        }
    }
}
