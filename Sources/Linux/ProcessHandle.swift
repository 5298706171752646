import CLinux
import Synchronization
import SystemPackage

/// How a process ended.
package enum ProcessExit: Sendable, Hashable {
    /// It returned a code.
    case exited(Int32)
    /// A signal killed it.
    case signaled(Int32)
    /// It ended, but as another process's child it told only its parent how.
    case unknown
}

/// A hold on one process through a pidfd: signals and waits can never reach another one that reuses its number.
package struct ProcessHandle: ~Copyable, Sendable {
    /// Which process this is; it can be recorded and given to `open` later.
    package let identity: ProcessIdentity
    private let pidfd: OwnedFD
    /// How it ended: the kernel tells that once, but several tasks may wait.
    private let end = Mutex<ProcessExit?>(nil)

    init(child pid: Int32, pidfd: consuming OwnedFD) throws(LinuxError) {
        // The process cannot have been reaped: it is our child and only this handle waits for it.
        identity = try ProcessIdentity(of: pid)
        self.pidfd = pidfd
    }

    private init(identity: ProcessIdentity, pidfd: consuming OwnedFD) {
        self.identity = identity
        self.pidfd = pidfd
    }

    /// Takes hold of a process that was recorded, whoever started it.
    ///
    /// - Returns: `nil` if it is gone, also when its number belongs to another process by now.
    package static func open(_ identity: ProcessIdentity) throws(LinuxError) -> ProcessHandle? {
        guard identity.pid > 0 else { return nil }
        let number = lx_pidfd_open(identity.pid)
        guard number >= 0 else {
            if lx_errno() == ESRCH { return nil }
            throw .current("open \(identity)")
        }
        let pidfd = OwnedFD(taking: number)
        // The check comes after the open: from here on the pidfd pins the process that was checked.
        guard identity.isAlive else { return nil }
        return ProcessHandle(identity: identity, pidfd: pidfd)
    }

    /// Whether the process still runs.
    package var isAlive: Bool { identity.isAlive }

    /// Sends a signal; a process that has ended already is no error.
    package func kill(_ signal: Int32 = SIGKILL) throws(LinuxError) {
        guard lx_pidfd_signal(pidfd.rawValue, signal) != 0, lx_errno() != ESRCH else { return }
        throw .current("send signal \(signal) to \(identity)")
    }

    /// Waits until the process has ended and reaps it if it is a child of ours.
    ///
    /// - Parameter timeout: `nil` waits until the task is cancelled.
    /// - Returns: `nil` if it still runs when the time is over.
    package func waitForExit(timeout: Duration? = nil) async throws -> ProcessExit? {
        guard try await Readiness.shared.waitUntilReadable(pidfd, timeout: timeout) else { return nil }
        return reap()
    }

    /// Waits for a short while even if the task is cancelled: for cleaning up after a process that was just killed.
    ///
    /// - Returns: `nil` if it still runs when the time is over.
    package func waitForExit(uncancellable timeout: Duration) async throws -> ProcessExit? {
        guard try await Readiness.shared.waitUntilReadable(pidfd, timeout: timeout, cancellable: false) else {
            return nil
        }
        return reap()
    }

    private func reap() -> ProcessExit {
        end.withLock { end in
            if let end { return end }
            var code: Int32 = 0
            var status: Int32 = 0
            guard lx_pidfd_reap(pidfd.rawValue, &code, &status) == 1 else { return .unknown }
            let exit: ProcessExit = code == Int32(CLD_EXITED) ? .exited(status) : .signaled(status)
            end = exit
            return exit
        }
    }
}
