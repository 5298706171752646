import Linux
import NIOCore
import NIOPosix
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

@Suite("QMP client")
struct QMPClientTests {
    /// A monitor that says what it is told to: one list of lines for each line it reads, after a first one.
    private static func withPeer(
        _ script: [String],
        closing: Bool = false,
        _ body: (FilePath) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("qmp.sock")
            let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Peer(script, closing: closing))
                    }
                }
                .bind(unixDomainSocketPath: path.string).get()
            do { try await body(path) } catch {
                try await server.close()
                throw error
            }
            try await server.close()
        }
    }

    private final class Peer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var script: ArraySlice<String>
        private let closing: Bool

        init(_ script: [String], closing: Bool) {
            self.script = script[...]
            self.closing = closing
        }

        func channelActive(context: ChannelHandlerContext) { say(context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for byte in unwrapInboundIn(data).readableBytesView where byte == 0x0a { say(context) }
        }

        private func say(_ context: ChannelHandlerContext) {
            guard let text = script.popFirst() else {
                if closing { context.close(promise: nil) }
                return
            }
            context.writeAndFlush(NIOAny(ByteBuffer(string: text + "\n")), promise: nil)
        }
    }

    private static let hello = [#"{"QMP": {}}"#, #"{"return": {}, "id": 1}"#]

    @Test("a typed answer arrives although events come between")
    func answer() async throws {
        let script =
            Self.hello + [
                """
                {"event": "STOP"}
                {"return": {"status": "paused", "running": false}, "id": 2}
                """
            ]
        try await Self.withPeer(script) { path in
            let client = try await QMPClient.connect(to: path)
            #expect(try await client.execute(QMPQueryStatus()).status == "paused")
            #expect(client.lastEvent("STOP") == QMPEvent(name: "STOP", details: nil))
            #expect(client.lastEvent("RESUME") == nil)
        }
    }

    @Test("a refusal is thrown with the monitor's words, and the connection goes on")
    func refusal() async throws {
        let script = Self.hello + [#"{"error": {"desc": "busy"}, "id": 2}"#, #"{"return": {}, "id": 3}"#]
        try await Self.withPeer(script) { path in
            let client = try await QMPClient.connect(to: path)
            let error = await #expect(throws: HypervisorError.self) { try await client.execute(QMPStop()) }
            #expect(error?.message == "busy")
            try await client.execute(QMPStop())
        }
    }

    @Test("a command that is not answered times out")
    func silence() async throws {
        try await Self.withPeer(Self.hello) { path in
            let client = try await QMPClient.connect(to: path)
            let error = await #expect(throws: HypervisorError.self) {
                try await client.execute(QMPStop(), timeout: .milliseconds(30))
            }
            #expect(error?.code == .timeout)
        }
    }

    @Test("a peer that goes away ends commands, later commands and event streams")
    func disconnect() async throws {
        try await Self.withPeer(Self.hello, closing: true) { path in
            let client = try await QMPClient.connect(to: path)
            let events = client.events()
            for _ in 0..<2 {
                let error = await #expect(throws: HypervisorError.self) { try await client.execute(QMPStop()) }
                #expect(error?.code == .gone)
            }
            for await _ in events { Issue.record("no event was sent") }
        }
    }

    @Test("nobody at the socket is an error of its own")
    func nobody() async {
        let error = await #expect(throws: HypervisorError.self) {
            _ = try await QMPClient.connect(to: "/nonexistent/qmp")
        }
        #expect(error?.message == "no virtual machine answers at /nonexistent/qmp")
    }
}
