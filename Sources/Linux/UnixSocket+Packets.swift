import CLinux

extension UnixSocket {
    /// What has arrived on a socket at once.
    package struct Packet: Sendable {
        /// The bytes; none at the end of the stream.
        package var bytes: [UInt8]
        /// The descriptors that came with them; they are the receiver's to close.
        package var descriptors: [Int32]
    }

    /// Takes what has arrived, at most 64 KiB, without waiting.
    ///
    /// - Throws: `EAGAIN` while there is nothing.
    package static func receive(from socket: borrowing OwnedFD) throws(LinuxError) -> Packet {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        var descriptors = [Int32](repeating: -1, count: Int(LX_MOST_DESCRIPTORS))
        var count: Int32 = 0
        let length = lx_receive_descriptors(socket.rawValue, &bytes, bytes.count, &descriptors, &count)
        guard length >= 0 else { throw .current("receive from a socket") }
        return Packet(bytes: Array(bytes.prefix(length)), descriptors: Array(descriptors.prefix(Int(count))))
    }

    /// Waits for a client; its descriptor is non-blocking.
    package static func accept(from listener: borrowing OwnedFD) async throws -> OwnedFD {
        while true {
            _ = try await Readiness.shared.waitUntilReadable(listener, timeout: nil)
            let number = lx_accept(listener.rawValue)
            if number >= 0 { return OwnedFD(taking: number) }
            // A client that left before its turn came, or one that another acceptor took, is no error.
            guard [EAGAIN, ECONNABORTED, EINTR].contains(lx_errno()) else {
                throw LinuxError.current("accept a client")
            }
        }
    }
}
