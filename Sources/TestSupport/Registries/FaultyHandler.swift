import NIOCore
import NIOHTTP1

/// One connection to a faulty registry.
final class FaultyHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let registry: FaultyRegistry
    private var request: FaultyRegistry.Request?
    private var limit: Int?

    init(_ registry: FaultyRegistry) {
        self.registry = registry
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head)
        case .body(let buffer): receive(buffer, context)
        case .end: finish(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func begin(_ head: HTTPRequestHead) {
        let headers = head.headers.map { (name: $0.name.lowercased(), value: $0.value) }
        let request = FaultyRegistry.Request(method: head.method.rawValue, uri: head.uri, headers: headers, body: [])
        limit = registry.cut(request)
        self.request = request
    }

    private func receive(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        request?.body.append(contentsOf: buffer.readableBytesView)
        guard let limit, var cut = request, cut.body.count >= limit else { return }
        cut.body.removeSubrange(limit...)
        request = nil
        registry.keep(cut)
        context.close(promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let request else { return }
        self.request = nil
        let answer = registry.answer(request)
        guard !answer.isSilent else { return }
        send(answer, isHead: request.method == "HEAD", context)
    }

    private func send(_ answer: FaultyRegistry.Answer, isHead: Bool, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders(answer.headers.map { ($0.key, $0.value) })
        if !answer.isChunked { headers.add(name: "Content-Length", value: "\(answer.announced ?? answer.body.count)") }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let body = ByteBuffer(bytes: answer.body.prefix(answer.cutAt ?? answer.stallsAt ?? answer.body.count))
        let sent = context.eventLoop.makePromise(of: Void.self)
        if !isHead {
            let part = wrapOutboundOut(.body(.byteBuffer(body)))
            context.writeAndFlush(part, promise: answer.cutAt == nil ? nil : sent)
        }
        guard answer.stallsAt == nil else { return sent.succeed() }
        if answer.cutAt == nil { context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent) }
        // An answer with a wrong length leaves the connection without meaning.
        guard answer.cutAt != nil || answer.announced != nil else { return }
        let channel = context.channel
        sent.futureResult.whenComplete { _ in channel.close(promise: nil) }
    }
}
