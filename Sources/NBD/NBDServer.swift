import Linux
import NIOCore
import NIOPosix
package import SystemPackage

/// Serves one read-only disk over a unix socket, in the Network Block Device protocol.
///
/// A client that breaks the protocol loses its connection and nothing else happens. Whoever may open the socket may
/// read the disk: the socket file is its owner's alone unless it is to be for all.
package struct NBDServer: Sendable {
    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Clients at a time; a machine's disk has one, and the next waits for its turn to be served.
    private static let mostClients = 16
    /// Bytes of a client's reads under way, at least two mebibytes each: 16 small ones, as many as QEMU sends.
    private static let mostBytes = Int(NBDWire.longestRequest)
    private static let leastBytes = 2 << 20

    private let listener: NIOAsyncChannel<Channel, Never>
    private let source: any BlockSource
    private let export: String
    private let onFailure: @Sendable (any Error) -> Void

    /// Listens; clients may connect from now on and are served by `run()`.
    ///
    /// - Parameters:
    ///   - socket: a socket file of that name is replaced.
    ///   - forAll: lets everybody connect who can get at the socket's file: its folder says who that is.
    ///   - export: what clients call the disk; they may also leave the name out.
    ///   - onFailure: told why a read failed; the client only learns that it did (EIO).
    package static func bind(
        _ socket: FilePath,
        source: any BlockSource,
        forAll: Bool = false,
        export: String = "disk",
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) async throws -> NBDServer {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(UnixSocket.listen(socket, forAll: forAll).release()) { channel in
                channel.eventLoop.makeCompletedFuture { try Channel(wrappingChannelSynchronously: channel) }
            }
        return NBDServer(listener: listener, source: source, export: export, onFailure: onFailure)
    }

    /// Serves until the task is cancelled; then the connections end, and the socket accepts no more.
    package func run() async throws {
        try await listener.executeThenClose { clients in
            try await withThrowingTaskGroup(of: Void.self) { group in
                var count = 0
                for try await client in clients {
                    if count == Self.mostClients { try await group.next() } else { count += 1 }
                    // A client's failure is its own.
                    group.addTask { try? await serve(client) }
                }
            }
        }
    }

    private func serve(_ client: Channel) async throws {
        try await client.executeThenClose { inbound, outbound in
            try await outbound.write(NBDSession.greeting)
            var session = NBDSession(size: source.size, export: export)
            try await withThrowingTaskGroup(of: Int.self) { reads in
                defer { reads.cancelAll() }
                var bytes = 0
                for try await buffer in inbound {
                    session.append(buffer)
                    while let action = try session.next() {
                        switch action {
                        case .send(let reply):
                            try await outbound.write(reply)
                        case .read(let cookie, let range):
                            let cost = max(range.count, Self.leastBytes)
                            while bytes > 0, bytes + cost > Self.mostBytes { bytes -= try await reads.next() ?? bytes }
                            bytes += cost
                            reads.addTask {
                                try await outbound.write(await reply(cookie, range))
                                return cost
                            }
                        case .end(let reply):
                            return try await client.channel.writeAndFlush(reply).get()
                        }
                    }
                }
            }
        }
    }

    private func reply(_ cookie: UInt64, _ range: Range<Int64>) async -> ByteBuffer {
        do {
            let bytes = try await source.read(range)
            guard bytes.count == range.count else { throw NBDViolation(reason: "the source ends too early") }
            var reply = NBDSession.reply(cookie)
            reply.writeBytes(bytes)
            return reply
        } catch {
            if !(error is CancellationError) { onFailure(error) }
            return NBDSession.reply(cookie, failure: NBDWire.Failure.input)
        }
    }
}
