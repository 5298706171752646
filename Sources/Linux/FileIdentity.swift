import CLinux
package import SystemPackage

/// Which file an open descriptor stands for, whatever it is called by now.
package struct FileIdentity: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64

    /// Asks the kernel about a descriptor.
    package init(_ file: FileDescriptor) throws(LinuxError) {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw .current("look up descriptor \(file.rawValue)") }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
