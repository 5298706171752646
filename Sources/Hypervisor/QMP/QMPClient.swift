import FoundationEssentials
import Linux
import NIOCore
import NIOPosix
import SystemPackage

/// A connection to QEMU's monitor.
///
/// It has no task of its own: the channel's handler is its only reader and resumes whoever waits. So a machine needs
/// no `run()` that somebody would have to keep alive, and costs nothing while nobody asks.
final class QMPClient: Sendable {
    private let channel: any Channel
    private let exchange: QMPExchange

    private init(channel: any Channel, exchange: QMPExchange) {
        self.channel = channel
        self.exchange = exchange
    }

    deinit { close() }

    /// Lets the monitor serve somebody else; QEMU has one client at a time.
    func close() { channel.close(promise: nil) }

    /// Connects, waits for the greeting and ends the negotiation.
    static func connect(
        to path: FilePath,
        timeout: Duration = .seconds(10),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> QMPClient {
        let exchange = QMPExchange()
        let client: QMPClient
        do {
            let socket = try UnixSocket.connect(path).release()
            let channel = try await ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(QMPHandler(exchange))
                    }
                }
                .withConnectedSocket(socket).get()
            client = QMPClient(channel: channel, exchange: exchange)
        } catch {
            throw HypervisorError(.gone, "no virtual machine answers at \(path)", cause: error)
        }
        try await withDeadline(timeout, late: HypervisorError(.timeout, "the monitor at \(path) did not greet")) {
            try await exchange.waitForGreeting()
        }
        _ = try await client.execute(QMPCapabilities(), timeout: timeout)
        return client
    }

    /// Runs a command and decodes its answer.
    ///
    /// The bound is on the monitor's answer: QEMU answers within milliseconds unless its disk or machine is stuck.
    @discardableResult
    func execute<Command: QMPCommand>(
        _ command: Command,
        timeout: Duration = .seconds(10)
    ) async throws -> Command.Reply {
        let late = HypervisorError(
            .timeout,
            "the virtual machine's monitor did not answer \(Command.name) in \(timeout)"
        )
        let (channel, exchange) = (channel, exchange)
        let line = try await withDeadline(timeout, late: late) {
            try await exchange.request(command) { channel.writeAndFlush(ByteBuffer(bytes: $0), promise: nil) }
        }
        do {
            return try JSONDecoder().decode(Answer<Command.Reply>.self, from: Data(line)).value
        } catch {
            throw HypervisorError(
                .refused,
                "the virtual machine's monitor answered \(Command.name) oddly",
                cause: error
            )
        }
    }

    /// What happens from now on; the stream keeps the newest 64 that were not looked at, and ends with the connection.
    func events() -> AsyncStream<QMPEvent> { exchange.subscribe() }

    /// The last event of a name since the connection was made, for whoever subscribes too late to see it.
    func lastEvent(_ name: String) -> QMPEvent? { exchange.lastEvent(name) }

    private struct Answer<Value: Decodable>: Decodable {
        let value: Value
        private enum CodingKeys: String, CodingKey { case value = "return" }
    }
}

/// Hands what the channel reads to the exchange.
private final class QMPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let exchange: QMPExchange

    init(_ exchange: QMPExchange) {
        self.exchange = exchange
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard exchange.receive(unwrapInboundIn(data).readableBytesView) else { return context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        exchange.fail(HypervisorError(.gone, "the virtual machine's monitor has closed its connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        exchange.fail(HypervisorError(.gone, "the connection to the virtual machine's monitor broke", cause: error))
        context.close(promise: nil)
    }
}
