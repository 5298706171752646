import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Notices requests that want the connection for themselves: what follows them is not HTTP.
///
/// Reading stops behind such a request until a route has taken the connection over; when none does, the connection
/// ends with the answer, because nobody knows where the next request would begin.
final class UpgradeWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let edge: ConnectionEdge
    private var isUpgrade = false

    init(edge: ConnectionEdge) { self.edge = edge }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): isUpgrade = isUpgrade || head.headerFields.wantsUpgrade
        case .body: break
        case .end: if isUpgrade { edge.hold() }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        guard isUpgrade, case .end = unwrapOutboundIn(data) else { return }
        context.close(mode: .output, promise: nil)
    }
}
