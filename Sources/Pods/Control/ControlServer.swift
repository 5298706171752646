import Linux
import NIOCore
import NIOPosix
import Sandboxes

/// Serves an attendant's clients, one task each.
struct ControlServer: Sendable {
    typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let listener: NIOAsyncChannel<Channel, Never>
    private let clients = Observed(0)

    /// Takes over a listening socket.
    static func bind(_ socket: consuming OwnedFD) async throws -> ControlServer {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(socket.release()) { channel in
                channel.eventLoop.makeCompletedFuture { try Channel(wrappingChannelSynchronously: channel) }
            }
        return ControlServer(listener: listener)
    }

    private init(listener: NIOAsyncChannel<Channel, Never>) {
        self.listener = listener
    }

    /// Accepts until the task is cancelled; a client's failure is its own.
    func serve(
        _ handle: @escaping @Sendable (ControlFrames, ControlConnection) async throws -> Void
    ) async throws {
        try await listener.executeThenClose { clients in
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in clients {
                    self.clients.update { $0 += 1 }
                    group.addTask {
                        try? await client.executeThenClose { inbound, outbound in
                            try await handle(ControlFrames(inbound: inbound), ControlConnection(outbound))
                            try await Self.flush(client.channel)
                        }
                        self.clients.update { $0 -= 1 }
                    }
                }
            }
        }
    }

    /// Waits until the kernel has all that was sent: a channel that is closed drops what it holds.
    private static func flush(_ channel: any NIOCore.Channel) async throws {
        try await withTaskCancellationHandler {
            try await channel.writeAndFlush(ByteBuffer()).get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Waits until no client is left.
    func waitUntilIdle(atMost limit: Duration) async {
        _ = try? await withTimeout(limit, else: { CancellationError() }) { try await clients.wait { $0 == 0 } }
    }
}
