import CLinux
package import SystemPackage

/// How a program is to be started; everything that its process inherits is named here.
package struct SpawnPlan: Sendable {
    /// A descriptor of this process that the child is to have under a number.
    ///
    /// The number stays owned by the caller, who must keep it open until `ChildProcess.spawn` returns.
    package struct Descriptor: Sendable {
        /// The number here.
        package var source: Int32
        /// The number in the child.
        package var target: Int32

        /// Maps a number here to a number in the child.
        package init(source: Int32, target: Int32) {
            self.source = source
            self.target = target
        }
    }

    /// A bound that the kernel keeps for the child, soft and hard alike (setrlimit(2)).
    package enum Limit: Sendable {
        /// The largest core file, in bytes.
        case core(UInt64)
        /// The most open descriptors.
        case openFiles(UInt64)
        /// The most processes and threads of the child's user.
        case processes(UInt64)
        /// The most memory that is kept from being swapped, in bytes.
        case lockedMemory(UInt64)
    }

    /// The program's file; no search path is used.
    package var executable: FilePath
    /// The arguments after the program's own name, which is always `executable`.
    package var arguments: [String]
    /// The whole environment, `NAME=value` each.
    package var environment: [String]
    /// The descriptors of the child.
    ///
    /// Of 0, 1 and 2, those not named are `/dev/null`; no other one is inherited.
    package var descriptors: [Descriptor] = []
    /// The working directory, or `nil` to keep this process's; a jailed child is in its root at first.
    package var directory: FilePath?
    /// Detaches the child from this process's session, so that it outlives a hang-up and a group kill.
    package var newSession = false
    /// Turns transparent huge pages off: they cost an idle virtual machine 3.4 MB (measured).
    package var disableHugePages = false
    /// Forbids the child to gain privileges through set-user-id programs.
    package var noNewPrivileges = false
    /// Lets the program believe that it punched holes into files, which needs `noNewPrivileges`.
    ///
    /// For a QEMU whose memory is a private view of a sealed file: QEMU gives memory back by punching a hole into the
    /// file and, only if that went well, dropping its own pages (`ram_block_discard_range`, softmmu/physmem.c). The
    /// first step is impossible here and not needed. Plain allocation is refused as unsupported, because QEMU zeroes a
    /// part of a disk's file by punching a hole and allocating it again (`handle_aiocb_write_zeroes`,
    /// block/file-posix.c); so refused, it writes zeros. Discarded blocks of a disk (`discard=unmap`) would keep their
    /// content: no disk of such a program may ask for that.
    package var ignoresHolePunching = false
    /// Bounds that are set before the program starts.
    package var limits: [Limit] = []
    /// The group that the child joins before its program starts.
    package var cgroup: HostCgroup?
    /// Where the child is locked up before its program starts; the program's path is one in there then.
    package var jail: Jail?

    /// Plans a program with its arguments; the other properties have the defaults above.
    package init(_ executable: FilePath, _ arguments: [String] = [], environment: [String] = []) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }
}

extension SpawnPlan.Limit {
    var shim: lx_limit {
        switch self {
        case .core(let bytes): lx_limit(resource: Int32(RLIMIT_CORE.rawValue), value: bytes)
        case .openFiles(let count): lx_limit(resource: Int32(RLIMIT_NOFILE.rawValue), value: count)
        case .processes(let count): lx_limit(resource: Int32(__RLIMIT_NPROC.rawValue), value: count)
        case .lockedMemory(let bytes): lx_limit(resource: Int32(__RLIMIT_MEMLOCK.rawValue), value: bytes)
        }
    }
}
