import CLinux
package import SystemPackage

extension FileDescriptor {
    /// Makes a pipe that holds many bytes at once, close-on-exec; the caller owns both ends.
    ///
    /// A large pipe saves two busy processes from waking each other for every 64 KiB. The kernel gives fewer bytes
    /// where the user's share is used up (pipe(7), pipe-user-pages-soft); the pipe works all the same.
    package static func pipe(capacity: Int32) throws(LinuxError) -> (readEnd: FileDescriptor, writeEnd: FileDescriptor)
    {
        do throws(Errno) {
            let ends = try pipe(options: .closeOnExec)
            _ = lx_set_pipe_size(ends.writeEnd.rawValue, capacity)
            return ends
        } catch {
            throw LinuxError(stage: "make a pipe", errno: error)
        }
    }
}
