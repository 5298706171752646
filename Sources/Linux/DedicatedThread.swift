import CLinux
import SystemPackage

/// A thread for calls that block, so that they cannot hold up the cooperative pool.
package enum DedicatedThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Starts a thread, which ends with its work or with the process; nobody waits for it.
    ///
    /// Signals go to other threads, so that calls are not interrupted and a write to a closed pipe only fails. Job
    /// control stays: the shell may stop the process when it uses the terminal from the background.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(LinuxError) {
        let work = Unmanaged.passRetained(Work(body))
        let result = lx_thread_start(run, work.toOpaque())
        guard result == 0 else {
            work.release()
            throw LinuxError(stage: "start a thread", errno: Errno(rawValue: result))
        }
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
    }
}
