/// Docker's default policy (moby/profiles as of kernel 6.13), as far as it concerns x86-64.
///
/// Differences: 32-bit programs are ended, and the x32 ABI does not exist.
extension SeccompProfile {
    /// The profile of a container whose processes can have these capabilities.
    ///
    /// Some calls are of use with a capability only, so they are allowed together with it; the kernel checks the
    /// capability itself, too. With the standard ones the program has 188 instructions; a call runs through at most
    /// 11 of them, one with checked arguments through 15 (the tests measure it). Kernels since 5.11 remember which
    /// calls are always allowed, and run no filter for them.
    package static func standard(with capabilities: Capabilities) -> SeccompProfile {
        var profile = SeccompProfile()
        for names in [files, memory, processes, identity, scheduling, signals, waiting, network, messages, time] {
            profile.set(.always(.allow), for: names)
        }
        profile.set(.within(personalities, argument: 0), for: "personality")
        profile.set(.within(socketFamilies, argument: 0), for: "socket")
        // The kernel takes clone3's flags from memory, which no filter can see; without it libraries use clone.
        profile.set(.always(.fail(.noSuchCall)), for: "clone3")
        profile.set(.without(bits: newNamespaces, argument: 0), for: "clone")
        for (capability, names) in privileged where capabilities.contains(capability) {
            profile.set(.always(.allow), for: names)
        }
        return profile
    }

    /// `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID` and `NEWNET` (linux/sched.h).
    private static let newNamespaces: UInt32 = 0x7E02_0000

    /// Linux and `PER_LINUX32`, each also with `UNAME26`, and the question for the present one.
    private static let personalities: [ClosedRange<UInt32>] = [
        0...0, 0x8...0x8, 0x20000...0x20000, 0x20008...0x20008, .max ... .max,
    ]

    /// Address families (linux/socket.h) without those that the kernel has removed, `AF_ALG` (38), a large attack
    /// surface with hardly a use, and `AF_VSOCK` (40), which reaches around the pod's network.
    private static let socketFamilies: [ClosedRange<UInt32>] = [
        1...11, 13...18, 21...22, 24...24, 26...33, 35...36, 39...39, 41...45,
    ]

    /// Calls that come with a capability.
    private static let privileged: [Capability: String] = [
        .dacReadSearch: "open_by_handle_at",
        .sysAdmin: """
        bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
        lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl
        quotactl_fd setdomainname sethostname setns syslog umount2 unshare
        """,
        .sysBoot: "reboot",
        .sysChroot: "chroot",
        .sysModule: "delete_module finit_module init_module",
        .sysPacct: "acct",
        .sysPtrace: "kcmp pidfd_getfd process_madvise",
        .sysRawio: "ioperm iopl",
        .sysTime: "clock_settime settimeofday",
        .sysTTYConfig: "vhangup",
        .sysNice: "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
        .syslog: "syslog",
        .bpf: "bpf",
        .perfmon: "perf_event_open",
    ]
}

// What every container may call, by topic.
extension SeccompProfile {
    private static let files = """
        access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
        fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock
        fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr getxattrat
        inotify_add_watch inotify_init inotify_init1 inotify_rm_watch fanotify_mark io_cancel io_destroy io_getevents
        io_pgetevents io_setup io_submit ioctl lchown lgetxattr link linkat listmount listxattr listxattrat llistxattr
        lremovexattr lseek lsetxattr lstat mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2
        pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv removexattr
        removexattrat rename renameat renameat2 rmdir sendfile setxattr setxattrat splice stat statfs statmount statx
        symlink symlinkat sync sync_file_range syncfs tee truncate umask unlink unlinkat utime utimensat utimes vmsplice
        write writev
        """

    private static let memory = """
        brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap
        mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_vm_readv
        process_vm_writev remap_file_pages
        """

    private static let processes = """
        arch_prctl execve execveat exit exit_group fork get_thread_area getpgid getpgrp getpid getppid getrlimit
        getrusage getsid gettid kill landlock_add_rule landlock_create_ruleset landlock_restrict_self modify_ldt
        pidfd_open pidfd_send_signal prctl prlimit64 process_mrelease ptrace rseq seccomp set_thread_area
        set_tid_address setpgid setrlimit setsid sysinfo tgkill tkill uname uretprobe vfork wait4 waitid
        """

    private static let identity = """
        capget capset getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid setfsuid setgid setgroups
        setregid setresgid setresuid setreuid setuid
        """

    private static let scheduling = """
        getcpu getpriority ioprio_get ioprio_set sched_get_priority_max sched_get_priority_min sched_getaffinity
        sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr
        sched_setparam sched_setscheduler sched_yield setpriority
        """

    private static let signals = """
        pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
        rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4
        """

    private static let waiting = """
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
        eventfd2 futex futex_requeue futex_wait futex_waitv futex_wake get_robust_list poll ppoll pselect6 select
        set_robust_list
        """

    private static let network = """
        accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg sendmsg
        sendto setsockopt shutdown socketpair
        """

    private static let messages = """
        mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd pipe pipe2
        semctl semget semop semtimedop shmat shmctl shmdt shmget
        """

    private static let time = """
        adjtimex alarm clock_adjtime clock_getres clock_gettime clock_nanosleep getitimer getrandom gettimeofday
        nanosleep setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create
        timerfd_gettime timerfd_settime times
        """
}
