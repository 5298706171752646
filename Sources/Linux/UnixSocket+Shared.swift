import CLinux
package import SystemPackage

extension UnixSocket {
    /// Makes a listening socket for root and the members of a group (mode 0660).
    ///
    /// It appears under its name as a whole: with owner and mode, and listening. A left-over of that name is replaced.
    ///
    /// - Parameter group: whose members may connect; without such a group only root may.
    /// - Throws: `.addressInUse` when a program serves the name, `.fileExists` when it is that of no socket.
    package static func listen(
        _ path: FilePath,
        group: String,
        backlog: Int32 = 128
    ) throws(LinuxError) -> OwnedFD {
        try refuseOccupied(path)
        let fresh = path.removingLastComponent().appending(".\(path.lastComponent?.string ?? "").new")
        let socket = try listen(fresh, backlog: backlog)
        if let id = groupID(group), fresh.withPlatformString({ chown($0, 0, id) }) != 0 {
            throw .current("give socket \(path) to the group \(group)")
        }
        guard fresh.withPlatformString({ chmod($0, 0o660) }) == 0 else { throw .current("share socket \(path)") }
        try AtomicFile.rename(fresh, to: path)
        return socket
    }

    private static func refuseOccupied(_ path: FilePath) throws(LinuxError) {
        var status = stat()
        guard path.withPlatformString({ lstat($0, &status) }) == 0 else { return }
        guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFSOCK) else {
            throw LinuxError(stage: "listen on \(path), which is no socket", errno: .fileExists)
        }
        guard (try? connect(path)) == nil else {
            throw LinuxError(stage: "listen on socket \(path), which a program serves", errno: .addressInUse)
        }
    }

    /// The number of a group; `nil` if there is none of that name.
    private static func groupID(_ name: String) -> gid_t? {
        // Groups with thousands of members need more; they are not for sockets.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64 << 10) { buffer in
            var entry = group()
            var found: UnsafeMutablePointer<group>?
            guard getgrnam_r(name, &entry, buffer.baseAddress, buffer.count, &found) == 0, found != nil else {
                return nil
            }
            return entry.gr_gid
        }
    }
}
