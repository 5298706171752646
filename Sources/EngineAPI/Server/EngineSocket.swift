import HTTPTypes
import Linux
import NIOCore
package import SystemPackage

/// Where the Engine API is served.
package enum EngineAddress: Sendable, Hashable {
    /// A socket file for root and a group.
    case unix(FilePath, group: String)
    /// A port of the loopback interface, for whoever has an account on this machine; 0 lets the kernel choose.
    case loopback(port: UInt16)

    /// Reads `127.0.0.1:PORT`, with or without `tcp://` before it.
    ///
    /// - Throws: `.badRequest` for any other address: without mutual TLS everybody who reaches it would be root.
    package init(tcp text: String) throws(EngineError) {
        let address = text.hasPrefix("tcp://") ? text.dropFirst(6) : text[...]
        let parts = address.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, ["127.0.0.1", "localhost"].contains(parts[0]), let port = UInt16(parts[1]) else {
            throw EngineError(
                .badRequest,
                "\"\(text.prefix(100))\" is not 127.0.0.1:PORT (other addresses would make everybody on the network root)"
            )
        }
        self = .loopback(port: port)
    }
}

/// A socket that listens; bound before anything is served, so that a name that is taken is known at once.
final class EngineSocket: Sendable {
    let address: EngineAddress
    private let descriptor: OwnedFD

    init(_ address: EngineAddress) throws(LinuxError) {
        self.address = address
        switch address {
        case .unix(let path, let group): descriptor = try UnixSocket.listen(path, group: group)
        case .loopback(let port): descriptor = try LoopbackSocket.listen(port: port)
        }
    }

    /// A descriptor that the server closes.
    func take() throws(LinuxError) -> Int32 { try descriptor.duplicate().release() }
}

extension EngineSocket {
    /// What to call it, with the port that the kernel chose.
    func name(of channel: any Channel) -> String {
        switch address {
        case .unix(let path, _): "unix://\(path)"
        case .loopback: "tcp://127.0.0.1:\(channel.localAddress?.port ?? 0)"
        }
    }
}
