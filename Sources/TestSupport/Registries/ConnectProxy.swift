import NIOCore
import NIOPosix
import Synchronization

/// A proxy for `CONNECT` that leads every name to one port of this machine, and notes who was asked for.
package final class ConnectProxy: Sendable {
    private let target: Int
    private let state = Mutex<[String]>([])

    private init(target: Int) {
        self.target = target
    }

    /// The first lines of the requests it got.
    package var requests: [String] { state.withLock { $0 } }

    /// Runs a body with a proxy on a free loopback port.
    package static func with<Success>(
        leadingTo target: Int,
        _ body: (ConnectProxy, _ port: Int) async throws -> Success
    ) async throws -> Success {
        let proxy = ConnectProxy(target: target)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Entrance(proxy))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let success = try await body(proxy, channel.localAddress?.port ?? 0)
            try await channel.close()
            return success
        } catch {
            try await channel.close()
            throw error
        }
    }

    /// Reads the request, then copies in both directions.
    private final class Entrance: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let proxy: ConnectProxy
        private var head = ByteBuffer()
        private var other: (any Channel)?

        init(_ proxy: ConnectProxy) {
            self.proxy = proxy
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            if let other { return other.writeAndFlush(buffer, promise: nil) }
            head.writeImmutableBuffer(buffer)
            let text = String(buffer: head)
            guard text.hasSuffix("\r\n\r\n") else { return }
            proxy.state.withLock { $0.append(String(text.prefix { $0 != "\r\n" })) }
            connect(context)
        }

        func channelInactive(context: ChannelHandlerContext) {
            other?.close(promise: nil)
        }

        private func connect(_ context: ChannelHandlerContext) {
            let channel = context.channel
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            ClientBootstrap(group: context.eventLoop)
                .channelInitializer { other in
                    other.eventLoop.makeCompletedFuture {
                        try other.pipeline.syncOperations.addHandler(Exit(channel))
                    }
                }
                .connect(host: "127.0.0.1", port: proxy.target)
                .whenComplete { result in
                    let (entrance, context) = bound.value
                    guard case .success(let other) = result else { return context.close(promise: nil) }
                    entrance.other = other
                    let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n")
                    context.writeAndFlush(entrance.wrapOutboundOut(answer), promise: nil)
                }
        }
    }

    /// Copies what the target answers.
    private final class Exit: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let client: any Channel

        init(_ client: any Channel) {
            self.client = client
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            client.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            client.close(promise: nil)
        }
    }
}
