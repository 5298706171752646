/// What becomes of a system call (linux/seccomp.h).
package enum SeccompAction: Hashable, Sendable {
    /// The kernel makes the call.
    case allow
    /// The call does nothing and fails.
    case fail(SeccompErrno)
    /// The whole process dies of SIGSYS.
    case kill

    var value: UInt32 {
        switch self {
        case .allow: 0x7FFF_0000
        case .fail(let errno): 0x0005_0000 | errno.rawValue
        case .kill: 0x8000_0000
        }
    }
}

/// The error numbers that filters answer with.
package enum SeccompErrno: UInt32, Sendable {
    /// `EPERM`: the call exists and is not for you.
    case notPermitted = 1
    /// `ENOSYS`: the kernel has no such call; libraries then use an older one.
    case noSuchCall = 38
}
