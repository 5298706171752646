package import SystemPackage

/// A small world of its own for a program that must not be trusted, such as one that emulates a hostile guest's devices.
///
/// The child has mount, pid, ipc, uts and net namespaces of its own, a root that cannot be written to and holds only
/// what is named here, a `/proc` that shows only itself, and a user and a group that no other process has. It has no
/// supplementary group, no capability, none that it could gain, and not the session keyring of whoever started it.
/// Together with `SpawnPlan.noNewPrivileges` nothing brings back what it gave up. Only root can make one.
package struct Jail: Sendable, Hashable {
    /// A host's folder that is seen in the jail, for reading names and connecting to sockets.
    package struct Folder: Sendable, Hashable {
        /// The host's folder.
        package var source: FilePath
        /// An empty folder of the root, as the program will name it.
        package var target: FilePath

        /// Shows a folder under another name.
        package init(_ source: FilePath, as target: FilePath) {
            self.source = source
            self.target = target
        }
    }

    /// The first user and group: the child's are this number plus its process number.
    ///
    /// A process number belongs to one process at a time, so that users need not be given out and taken back. The
    /// numbers lie just above those that systemd gives to containers (up to 0x6FFFFFFF), and are no persons'.
    package static let firstID: UInt32 = 0x7000_0000

    /// The folder that becomes the root; it has the folders `proc` and `dev`, and everybody may read all of it.
    package var root: FilePath
    /// The host's folders that are seen as well.
    package var folders: [Folder] = []
    /// The character devices that the program may open, such as `/dev/kvm`; they appear under the same names.
    ///
    /// They are nodes of its own, as the host's may be reserved to root or to a group.
    package var devices: [FilePath] = []

    /// Makes a prepared folder a root.
    package init(root: FilePath) {
        self.root = root
    }
}
