import CLinux
package import SystemPackage

/// Stream sockets with a name in the file system.
package enum UnixSocket {
    /// Makes a listening socket that only its owner may connect to (mode 0600 from its first instant).
    ///
    /// A socket file of that name is replaced: its folder belongs to one owner, so it can only be a left-over.
    ///
    /// - Parameter forAll: lets everybody connect who can get at the file, once the socket listens.
    package static func listen(
        _ path: FilePath,
        backlog: Int32 = 8,
        forAll: Bool = false
    ) throws(LinuxError) -> OwnedFD {
        let socket = try make(path)
        // Linux takes a bound socket's mode from its inode, so that no chmod after bind leaves a gap.
        guard fchmod(socket.rawValue, 0o600) == 0 else { throw .current("protect socket \(path)") }
        removeLeftover(path)
        try withShortPath(path) { socketPath throws(LinuxError) in
            guard lx_unix_address(socket.rawValue, socketPath, 0) == 0 else { throw .current("bind socket \(path)") }
        }
        guard CLinux.listen(socket.rawValue, backlog) == 0 else { throw .current("listen on socket \(path)") }
        if forAll, path.withPlatformString({ chmod($0, 0o666) }) != 0 { throw .current("share socket \(path)") }
        return socket
    }

    /// Connects without blocking, and leaves the descriptor non-blocking.
    ///
    /// A listener whose backlog is full is an error (`EAGAIN`), not a wait.
    package static func connect(_ path: FilePath) throws(LinuxError) -> OwnedFD {
        let socket = try make(path)
        lx_set_nonblocking(socket.rawValue)
        try withShortPath(path) { socketPath throws(LinuxError) in
            guard lx_unix_address(socket.rawValue, socketPath, 1) == 0 else { throw .current("connect to \(path)") }
        }
        return socket
    }

    /// Ends a connection for both sides, whatever other descriptors stand for it.
    package static func shutDown(_ socket: borrowing OwnedFD) {
        // One that the peer has ended already needs nothing more.
        _ = shutdown(socket.rawValue, Int32(SHUT_RDWR))
    }

    /// Sends bytes with up to 16 descriptors attached, or none; the receiver gets duplicates of them.
    package static func send(_ bytes: [UInt8], descriptors: [Int32], over socket: Int32) throws(LinuxError) {
        let count = bytes.withUnsafeBytes { bytes in
            descriptors.withUnsafeBufferPointer {
                lx_send_descriptors(socket, bytes.baseAddress, bytes.count, $0.baseAddress, Int32($0.count))
            }
        }
        guard count >= 0 else { throw .current("send descriptors") }
        // The descriptors went with the first byte; a short write would leave half a message behind.
        guard count == bytes.count else { throw LinuxError(stage: "send descriptors", errno: .noBufferSpace) }
    }

    /// Sends bytes that fit into the socket's buffer; to a socket that nobody reads any more it is an error, no signal.
    package static func send(_ bytes: [UInt8], over socket: borrowing OwnedFD) throws(LinuxError) {
        let count = bytes.withUnsafeBytes {
            CLinux.send(socket.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count >= 0 else { throw .current("send to a socket") }
        guard count == bytes.count else { throw LinuxError(stage: "send to a socket", errno: .noBufferSpace) }
    }

    private static func make(_ path: FilePath) throws(LinuxError) -> OwnedFD {
        let number = CLinux.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .current("make socket \(path)") }
        return OwnedFD(taking: number)
    }

    private static func removeLeftover(_ path: FilePath) {
        path.withPlatformString { name in
            var status = stat()
            if lstat(name, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFSOCK) { unlink(name) }
        }
    }

    /// A socket's address holds 107 bytes; a longer path is reached through its folder's descriptor.
    private static func withShortPath(
        _ path: FilePath,
        _ body: (UnsafePointer<CChar>) throws(LinuxError) -> Void
    ) throws(LinuxError) {
        guard path.string.utf8.count > 107 else { return try path.string.withText(body) }
        let folder = try OwnedFD.open(path.removingLastComponent(), O_PATH | O_DIRECTORY)
        try "/proc/self/fd/\(folder.rawValue)/\(path.lastComponent?.string ?? "")".withText(body)
    }
}

extension String {
    /// `withCString` keeps no typed error; this does.
    fileprivate func withText(_ body: (UnsafePointer<CChar>) throws(LinuxError) -> Void) throws(LinuxError) {
        let result = withCString { pointer in Result { () throws(LinuxError) in try body(pointer) } }
        try result.get()
    }
}
