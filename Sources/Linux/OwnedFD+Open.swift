package import SystemPackage

extension OwnedFD {
    /// Opens a file with swift-system's names for the flags, for targets that do not see C's.
    ///
    /// - Parameter permissions: the mode of a file that `.create` makes, before the umask.
    package static func open(
        _ path: FilePath,
        _ mode: FileDescriptor.AccessMode,
        options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions = .ownerReadWrite
    ) throws(LinuxError) -> OwnedFD {
        try open(path, mode.rawValue | options.rawValue, permissions: permissions.rawValue)
    }
}
