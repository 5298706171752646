import CLinux
package import SystemPackage

/// A file descriptor with exactly one owner; it is closed when its owner lets go of it.
///
/// Every descriptor made by this module is close-on-exec; a child gets only what `ChildProcess` maps for it.
package struct OwnedFD: ~Copyable, Sendable {
    /// The descriptor's number, valid as long as this value lives.
    package let rawValue: Int32

    /// Takes ownership of an open descriptor.
    package init(taking rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit { close(rawValue) }

    /// Gives up ownership: the caller closes the number.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    /// The descriptor, borrowed for one of swift-system's calls.
    package var descriptor: FileDescriptor { FileDescriptor(rawValue: rawValue) }

    /// Another descriptor of the same open file, close-on-exec.
    package borrowing func duplicate() throws(LinuxError) -> OwnedFD {
        let number = lx_dup(rawValue)
        guard number >= 0 else { throw .current("duplicate a descriptor") }
        return OwnedFD(taking: number)
    }

    /// Opens a file, close-on-exec.
    ///
    /// - Parameter permissions: the mode of a file that `O_CREAT` makes, before the umask.
    package static func open(
        _ path: FilePath,
        _ flags: Int32,
        permissions: CInterop.Mode = 0o600
    ) throws(LinuxError) -> OwnedFD {
        let number = path.withPlatformString { lx_open($0, flags, permissions) }
        guard number >= 0 else { throw .current("open \(path)") }
        return OwnedFD(taking: number)
    }
}

extension LinuxError {
    /// The error that the calling thread's last system call left behind.
    package static func current(_ stage: String) -> LinuxError {
        LinuxError(stage: stage, errno: Errno(rawValue: lx_errno()))
    }
}
