import Glibc
import Linux

/// Runs a body with a loopback port that refuses connections, and that nobody else can get meanwhile.
package func withDeadPort<Success>(_ body: (Int) async throws -> Success) async throws -> Success {
    let socket = OwnedFD(taking: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = withUnsafeMutableBytes(of: &address) { bytes in
        guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return true }
        // Bound, but it never listens.
        return bind(socket.rawValue, __CONST_SOCKADDR_ARG(__sockaddr__: pointer), size) != 0
            || getsockname(socket.rawValue, __SOCKADDR_ARG(__sockaddr__: pointer), &size) != 0
    }
    guard !failed else { throw LinuxError.current("reserve a port") }
    let success = try await body(Int(UInt16(bigEndian: address.sin_port)))
    _ = consume socket
    return success
}
