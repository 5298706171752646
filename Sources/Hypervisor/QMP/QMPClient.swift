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
    /// The channel's socket once more: NIO reads from it and cannot send descriptors, so that all requests go this way.
    private let socket: OwnedFD

    private init(channel: any Channel, exchange: QMPExchange, socket: consuming OwnedFD) {
        self.channel = channel
        self.exchange = exchange
        self.socket = socket
    }

    deinit { close() }

    /// Lets the monitor serve somebody else; QEMU has one client at a time.
    func close() {
        UnixSocket.shutDown(socket)
        channel.close(promise: nil)
    }

    /// Connects, waits for the greeting and ends the negotiation.
    static func connect(
        to path: FilePath,
        timeout: Duration = .seconds(10),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> QMPClient {
        let exchange = QMPExchange()
        let client: QMPClient
        do {
            let socket = try UnixSocket.connect(path)
            let duplicate = try socket.duplicate()
            let channel = try await ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(QMPHandler(exchange))
                    }
                }
                .withConnectedSocket(socket.release()).get()
            client = QMPClient(channel: channel, exchange: exchange, socket: duplicate)
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
    ///
    /// - Parameter descriptor: what the command is to find with it (`SCM_RIGHTS`); it stays the caller's.
    @discardableResult
    func execute<Command: QMPCommand>(
        _ command: Command,
        passing descriptor: Int32? = nil,
        timeout: Duration = .seconds(10)
    ) async throws -> Command.Reply {
        let late = HypervisorError(
            .timeout,
            "the virtual machine's monitor did not answer \(Command.name) in \(timeout)"
        )
        let line = try await withDeadline(timeout, late: late) { [self] in
            try await exchange.request(command) { send($0, descriptor) }
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

    /// Sends a line at once and whole: the kernel takes a short one as a unit, so that no other can come between.
    ///
    /// It cannot wait. A monitor that has left some 200 KB of commands unread is stuck, and counts as gone.
    private func send(_ line: [UInt8], _ descriptor: Int32?) {
        do { try UnixSocket.send(line, descriptors: descriptor.map { [$0] } ?? [], over: socket.rawValue) } catch {
            exchange.fail(HypervisorError(.gone, "the virtual machine's monitor takes no commands", cause: error))
            close()
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
