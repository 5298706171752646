import CLinux

/// TCP sockets that only this machine can reach.
package enum LoopbackSocket {
    /// Makes a socket that listens on 127.0.0.1.
    ///
    /// - Parameter port: 0 lets the kernel choose.
    package static func listen(port: UInt16, backlog: Int32 = 128) throws(LinuxError) -> OwnedFD {
        let number = CLinux.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .current("make a TCP socket") }
        let socket = OwnedFD(taking: number)
        var reuse: Int32 = 1
        _ = setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, __CONST_SOCKADDR_ARG(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0 else { throw .current("use port \(port) of 127.0.0.1") }
        guard CLinux.listen(number, backlog) == 0 else { throw .current("listen on port \(port) of 127.0.0.1") }
        return socket
    }
}
