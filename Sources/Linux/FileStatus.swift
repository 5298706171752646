import CLinux
package import SystemPackage

/// What the file system knows about a file; links are followed.
package struct FileStatus: Sendable, Hashable {
    /// How many bytes it has.
    package let size: Int64
    /// How many bytes it takes on its disk or in memory; less than `size` where it has holes.
    package let allocated: Int64
    /// When its content last changed, in nanoseconds after 1970.
    package let modified: Int64
    /// Whether it is an ordinary file.
    package let isRegular: Bool
    /// Whether every user may read it, given a way to it.
    package let isReadableByAll: Bool

    /// Asks for a file's status.
    package init(_ path: FilePath) throws(LinuxError) {
        var status = stat()
        guard path.withPlatformString({ stat($0, &status) }) == 0 else { throw .current("look up \(path)") }
        size = Int64(status.st_size)
        // Always in units of 512 bytes, whatever the file system's block size (stat(3type)).
        allocated = Int64(status.st_blocks) * 512
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        isReadableByAll = status.st_mode & 0o4 != 0
        isRegular = mode_t(S_IFMT) & status.st_mode == mode_t(S_IFREG)
    }
}
