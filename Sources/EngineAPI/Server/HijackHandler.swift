import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Lets HTTP pass until a route takes the connection over; from then on it carries raw bytes both ways.
///
/// NIO's own upgraders do not fit: they expect requests without a body, and Docker's exec has one.
final class HijackHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer
    typealias Watermark = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark
    typealias Input = NIOThrowingAsyncSequenceProducer<ByteBuffer, any Error, Watermark, InputDemand>

    /// The handlers that go when the connection is taken over.
    struct HTTPHandlers {
        let encoder = HTTPResponseEncoder()
        let decoder: ByteToMessageHandler<HTTPRequestDecoder>
        let codec = HTTP1ToHTTPServerCodec(secure: false)
        let watch: UpgradeWatch
    }

    private let edge: ConnectionEdge
    private var handlers: HTTPHandlers?
    private var context: ChannelHandlerContext?
    private var source: Input.Source?
    private var isWanted = true
    private var hasHeldRead = false
    private var hasInputEnded = false

    init(_ handlers: HTTPHandlers, edge: ConnectionEdge) {
        self.handlers = handlers
        self.edge = edge
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        source?.finish()
        self.context = nil
    }

    /// Takes the connection from HTTP: writes the answer's head as it is, and returns what the peer sends.
    func start(head: ByteBuffer) throws -> Input {
        guard let context, let handlers, context.channel.isActive else { throw ChannelError.ioOnClosedChannel }
        self.handlers = nil
        let made = NIOThrowingAsyncSequenceProducer.makeSequence(
            elementType: ByteBuffer.self,
            failureType: (any Error).self,
            backPressureStrategy: Watermark(lowWatermark: 2, highWatermark: 16),
            finishOnDeinit: true,
            delegate: InputDemand(self, context.eventLoop)
        )
        source = made.source
        try remove(handlers, context)
        context.writeAndFlush(wrapOutboundOut(head), promise: nil)
        return made.sequence
    }

    /// The decoder goes last and hands over what it has read beyond the request; only then may the end of input follow.
    private func remove(_ handlers: HTTPHandlers, _ context: ChannelHandlerContext) throws {
        let pipeline = context.pipeline.syncOperations
        let bound = NIOLoopBound((self, try pipeline.context(handler: edge), context), eventLoop: context.eventLoop)
        let removed = context.eventLoop.makePromise(of: Void.self)
        removed.futureResult.whenComplete { _ in
            let (hijack, edgeContext, context) = bound.value
            hijack.edge.release(edgeContext)
            if hijack.hasInputEnded { hijack.source?.finish() }
            hijack.read(context: context)
        }
        pipeline.removeHandler(handlers.watch, promise: nil)
        pipeline.removeHandler(handlers.codec, promise: nil)
        pipeline.removeHandler(handlers.encoder, promise: nil)
        pipeline.removeHandler(handlers.decoder, promise: removed)
    }

    /// Writes raw bytes; the promise is kept when the kernel has them.
    func write(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>) {
        guard let context else { return promise.fail(ChannelError.ioOnClosedChannel) }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    }

    /// Closes our side when all is written, and lets go of what still arrives.
    func finish() {
        source?.finish()
        setWanted(true)
        context?.close(mode: .output, promise: nil)
    }

    func setWanted(_ isWanted: Bool) {
        self.isWanted = isWanted
        guard isWanted, hasHeldRead, let context else { return }
        hasHeldRead = false
        context.read()
    }

    func read(context: ChannelHandlerContext) {
        guard source == nil || isWanted else { return hasHeldRead = true }
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let source else { return context.fireChannelRead(data) }
        if case .stopProducing = source.yield(contentsOf: CollectionOfOne(unwrapInboundIn(data))) { isWanted = false }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if source != nil { read(context: context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            hasInputEnded = true
            source?.finish()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        source?.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        source?.finish(error)
        context.fireErrorCaught(error)
    }
}

/// Carries the wish of whoever reads the raw bytes to the event loop.
final class InputDemand: NIOAsyncSequenceProducerDelegate, Sendable {
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<HijackHandler>

    init(_ handler: HijackHandler, _ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    func produceMore() { eventLoop.execute { self.handler.value.setWanted(true) } }

    /// Nobody reads any more: what arrives is let go, so that the end is noticed.
    func didTerminate() { eventLoop.execute { self.handler.value.setWanted(true) } }
}
