/// Flags of `mount(2)` (linux/mount.h), as `MountSpec.flags` carries them.
package struct MountFlags: OptionSet, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// `MS_RDONLY`: nothing can be changed.
    package static let readOnly = MountFlags(rawValue: 1)
    /// `MS_NOSUID`: set-user-id bits and file capabilities do nothing.
    package static let noSetUserID = MountFlags(rawValue: 2)
    /// `MS_NODEV`: device nodes cannot be opened.
    package static let noDevices = MountFlags(rawValue: 4)
    /// `MS_NOEXEC`: programs cannot be executed.
    package static let noExecute = MountFlags(rawValue: 8)
    /// `MS_STRICTATIME`: each access updates the access time.
    package static let strictAccessTime = MountFlags(rawValue: 1 << 24)
}
