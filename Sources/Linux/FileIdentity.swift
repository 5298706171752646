import CLinux
package import SystemPackage

/// Which file an open descriptor stands for, whatever it is called by now.
package struct FileIdentity: Sendable, Hashable, CustomStringConvertible {
    private let device: UInt64
    private let inode: UInt64

    /// Asks the kernel about a descriptor.
    package init(_ file: FileDescriptor) throws(LinuxError) {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw .current("look up descriptor \(file.rawValue)") }
        self.init(status)
    }

    /// Asks the kernel about a path, also of a folder; links are followed.
    package init(_ path: FilePath) throws(LinuxError) {
        var status = stat()
        guard path.withPlatformString({ stat($0, &status) }) == 0 else { throw .current("look up \(path)") }
        self.init(status)
    }

    /// The device's and the file's number; the same text means the same file while one of the two is open.
    package var description: String { "\(device):\(inode)" }

    private init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
