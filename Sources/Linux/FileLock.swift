import CLinux
package import SystemPackage

/// An exclusive advisory lock (`flock(2)`) on a file; the kernel drops it when its holder dies.
package struct FileLock: ~Copyable, Sendable {
    private let file: OwnedFD

    /// The lock's descriptor, which a child may inherit: the lock is then held until both have let go of it.
    package var rawValue: Int32 { file.rawValue }

    private init(file: consuming OwnedFD) {
        self.file = file
    }

    /// Takes over a lock that this process has inherited as an open descriptor.
    package init(inherited descriptor: Int32) {
        file = OwnedFD(taking: descriptor)
    }

    /// Gives the descriptor, and with it the lock, to the caller.
    package consuming func detach() -> Int32 { file.release() }

    /// Takes the lock if nobody has it.
    ///
    /// - Returns: `nil` while another process, or another holder in this one, has it.
    package static func tryAcquire(_ path: FilePath) throws(LinuxError) -> FileLock? {
        let file = try OwnedFD.open(path, O_RDWR | O_CREAT)
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 else { return FileLock(file: file) }
        guard lx_errno() == EWOULDBLOCK else { throw .current("lock \(path)") }
        return nil
    }

    /// Waits for the lock.
    ///
    /// The call blocks its thread: use it for critical sections of milliseconds only.
    package static func acquire(_ path: FilePath) throws(LinuxError) -> FileLock {
        let file = try OwnedFD.open(path, O_RDWR | O_CREAT)
        while flock(file.rawValue, LOCK_EX) != 0 {
            guard lx_errno() == EINTR else { throw .current("lock \(path)") }
        }
        return FileLock(file: file)
    }
}
