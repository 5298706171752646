/// A program's rehearsal: it runs up to its first effect, and dies there.
///
/// What it has read by then is in the guest's memory when the program is started in earnest.
extension SeccompProfile {
    /// The profile of a rehearsal: reading files, memory, questions about itself, and its end.
    ///
    /// Everything else ends the process: writing, children and threads, sockets, signals to others, waiting. The program
    /// is executed under the filter, so that it goes with `noNewPrivileges`; then it is installed last of all. Calls that
    /// no kernel has yet do not exist (`ENOSYS`): they can have no effect.
    package static let rehearsal: SeccompProfile = {
        var profile = SeccompProfile(otherwise: .kill)
        profile.set(.always(.allow), for: reading)
        profile.set(.always(.allow), for: ownMemory)
        profile.set(.always(.allow), for: ownState)
        profile.set(.without(bits: changingOpen, argument: 1), for: "open")
        profile.set(.without(bits: changingOpen, argument: 2), for: "openat")
        profile.set(.within([0...3, 1030...1030], argument: 1), for: "fcntl")
        profile.set(.within([0x5401...0x5401, 0x5413...0x5413], argument: 1), for: "ioctl")
        profile.set(.within([3...3, 15...16, 23...23, 0x5356_4D41...0x5356_4D41], argument: 0), for: "prctl")
        profile.set(.within([0...0], argument: 0), for: "prlimit64")
        return profile
    }()

    /// `O_WRONLY`, `O_RDWR`, `O_CREAT`, `O_TRUNC`, `O_APPEND` and `O_TMPFILE` without `O_DIRECTORY`
    /// (asm-generic/fcntl.h).
    private static let changingOpen: UInt32 = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20000000

    private static let reading = """
        access close close_range dup dup2 dup3 execve faccessat faccessat2 fadvise64 fgetxattr flistxattr fstat fstatfs
        getcwd getdents getdents64 getxattr lgetxattr listxattr llistxattr lseek lstat newfstatat pread64 preadv preadv2
        read readahead readlink readlinkat readv stat statfs statx chdir fchdir
        """

    private static let ownMemory = """
        brk madvise mincore mmap mprotect mremap munmap pkey_alloc pkey_free pkey_mprotect
        """

    /// `fcntl` may duplicate descriptors and ask for flags (`F_DUPFD` to `F_GETFL`, `F_DUPFD_CLOEXEC`), `ioctl` ask
    /// whether something is a terminal (`TCGETS`, `TIOCGWINSZ`), `prctl` name threads and memory and ask
    /// (`PR_GET_DUMPABLE`, `PR_SET_NAME`, `PR_GET_NAME`, `PR_CAPBSET_READ`, `PR_SET_VMA`), `prlimit64` look at itself.
    private static let ownState = """
        arch_prctl capget clock_getres clock_gettime exit exit_group futex get_robust_list getcpu getegid geteuid getgid
        getgroups getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid getrlimit getrusage getsid
        gettid gettimeofday getuid membarrier restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn
        sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getparam sched_getscheduler sched_yield
        set_robust_list set_tid_address sigaltstack sysinfo time times umask uname
        """
}
