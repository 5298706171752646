import NIOCore

/// The handler next to the socket: it keeps bytes from being lost where a connection changes or ends.
///
/// - While a request waits for the connection to be handed over, nothing more is read: the HTTP decoder would have to
///   keep what is no HTTP, and would drop it with the peer's end of input.
/// - Output is written out before it is closed: once input is closed NIO turns the one close into a close of both and
///   drops pending writes. This concerns every answer to a client that closes its side after the request.
/// - A peer that does not close its side in turn is given a moment, then the connection ends.
final class ConnectionEdge: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long the peer may take to close its side after ours is closed.
    static let patience = TimeAmount.seconds(2)

    private var isHeld = false
    private var hasHeldRead = false
    private var hasHeldEnd = false
    private var isClosing = false
    private var linger: Scheduled<Void>?

    /// Stops reading until `release`.
    func hold() { isHeld = true }

    /// Goes on reading.
    func release(_ context: ChannelHandlerContext) {
        guard isHeld else { return }
        isHeld = false
        if hasHeldEnd {
            hasHeldEnd = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        if hasHeldRead {
            hasHeldRead = false
            context.read()
        }
    }

    func read(context: ChannelHandlerContext) {
        guard !isHeld else { return hasHeldRead = true }
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isHeld, event as? ChannelEvent == .inputClosed { return hasHeldEnd = true }
        context.fireUserInboundEventTriggered(event)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output, !isClosing else { return context.close(mode: mode, promise: promise) }
        isClosing = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let drained = context.eventLoop.makePromise(of: Void.self)
        drained.futureResult.whenComplete { _ in
            let (edge, context) = bound.value
            context.close(mode: .output, promise: promise)
            edge.startLinger(context)
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: drained)
    }

    private func startLinger(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        linger = context.eventLoop.scheduleTask(in: Self.patience) { bound.value.close(mode: .all, promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        linger?.cancel()
        context.fireChannelInactive()
    }
}
