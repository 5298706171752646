import FoundationEssentials
package import SystemPackage

/// The folder of one virtual machine: everything that is needed to find it again, and its last words.
package struct VMDirectory: Sendable, Hashable {
    /// Where it is; it must exist, belong to the daemon, and hold one machine at a time.
    package let path: FilePath

    /// Names a folder.
    package init(_ path: FilePath) {
        self.path = path
    }

    /// The guest agent's listening socket.
    package var agentSocket: FilePath { path.appending("agent.sock") }
    /// The VMM's monitor.
    package var monitorSocket: FilePath { path.appending("qmp.sock") }
    /// What the VMM itself has to say; usually empty.
    package var log: FilePath { path.appending("vmm.log") }
    /// The last 64 KiB of the guest's console, as of the last time it was read.
    package var console: FilePath { path.appending("console.log") }
    /// Which process it is.
    package var record: FilePath { path.appending("vmm.json") }

    /// The sockets of servers that stand for the machine's disks, which are all that the VMM can reach by name.
    ///
    /// Whoever can enter this folder may connect to them, the VMM above all: the folder around it is the daemon's alone.
    package var sockets: FilePath { path.appending(Self.socketFolder) }
    /// That folder, as seen from the VMM's working directory.
    static let socketFolder = "sockets"

    /// Makes the folder for sockets, unless it is there, and keeps everybody else out of the machine's.
    package func prepare() throws {
        let files = FileManager.default
        try files.createDirectory(atPath: sockets.string, withIntermediateDirectories: true)
        try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path.string)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: sockets.string)
    }

    /// Removes what a machine that is gone has left, except its logs.
    func removeSockets() {
        for file in [agentSocket, monitorSocket, record] {
            try? FileManager.default.removeItem(atPath: file.string)
        }
    }
}
