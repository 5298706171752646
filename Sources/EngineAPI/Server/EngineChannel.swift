import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// HTTP/1.1 on a connection that a route may take over.
struct EngineChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// Headers of a request; credentials for a registry may be some kilobytes.
    private static let headerBytes = 64 << 10
    private static let headerCount = 200

    let responder: Responder

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = Self.headerBytes
            limits.maxHeaderListSize = Self.headerBytes
            limits.maxHeaderFieldCount = Self.headerCount
            let edge = ConnectionEdge()
            let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)
            let http = HijackHandler.HTTPHandlers(
                decoder: ByteToMessageHandler(decoder),
                watch: UpgradeWatch(edge: edge)
            )
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers(edge, http.encoder, http.decoder, http.codec, http.watch)
            try pipeline.addHandler(HijackHandler(http, edge: edge))
            return try Value(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
        }
    }

    /// Serves a connection until it ends; whatever a route still does for a client that is gone is cancelled.
    func handle(value: Value, logger: Logger) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await handleHTTP(asyncChannel: value, logger: logger) }
            group.addTask { await value.channel.waitUntilClosed() }
            await group.next()
            group.cancelAll()
        }
    }
}

extension Channel {
    /// Waits until both sides are closed, or the task is cancelled.
    fileprivate func waitUntilClosed() async {
        let (closed, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        closeFuture.whenComplete { _ in continuation.finish() }
        for await _ in closed {}
    }
}
