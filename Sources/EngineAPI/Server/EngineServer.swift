import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Pods

/// Serves the Docker Engine API on sockets.
package struct EngineServer: Sendable {
    /// Connections at a time; each costs some kilobytes, and a `docker run` has up to three.
    private static let mostConnections = 1024

    /// Until connections are accepted again after a failure.
    private static let pause = Duration.seconds(1)

    private let sockets: [EngineSocket]
    private let channel: EngineChannel
    private let services: EngineServices
    private var logger: Logger { services.logger }

    /// Binds the sockets: one that cannot be had is known before anything is served.
    ///
    /// - Parameters:
    ///   - addresses: where to listen.
    ///   - services: what the routes call.
    package init(_ addresses: [EngineAddress], _ services: EngineServices) throws {
        UploadFile.sweep(services.uploads)
        self.init(try addresses.map(EngineSocket.init), EngineRoutes.router(services), services)
    }

    /// A server with routes of its own.
    init(_ sockets: [EngineSocket], _ router: Router<EngineContext>, _ services: EngineServices) {
        self.sockets = sockets
        self.services = services
        let responder = EngineResponder(
            router: router.buildResponder(),
            logger: services.logger,
            server: "Apus/\(services.version) (linux)"
        )
        channel = EngineChannel { try await responder.respond(to: $0, $1, $2) }
    }

    /// Serves until the task is cancelled; then connections end, those of running containers included.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await forwardEvents() }
            group.addTask { await services.execs.run() }
            for socket in sockets { group.addTask { try await serve(socket) } }
        }
    }

    /// Tells those who listen what happens to pods.
    private func forwardEvents() async throws {
        for try await event in services.pods.events() { services.events.publish(EngineEvent(event)) }
    }

    private func serve(_ socket: EngineSocket) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var count = 0
            while true {
                do {
                    try await accept(socket) { connection in
                        if count >= Self.mostConnections { try await group.next() } else { count += 1 }
                        group.addTask { await channel.handle(value: connection, logger: logger) }
                    }
                } catch let error where !Task.isCancelled {
                    // No descriptor is left, for one: connections go on, and there will be room again.
                    logger.error("cannot accept connections", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private func accept(
        _ socket: EngineSocket,
        _ body: (EngineChannel.Value) async throws -> Void
    ) async throws {
        let (channel, logger) = (channel, logger)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(try socket.take()) { channel.setup(channel: $0, logger: logger) }
        logger.info("serving the Engine API", metadata: ["address": "\(socket.name(of: listener.channel))"])
        try await listener.executeThenClose { connections in
            for try await connection in connections { try await body(connection) }
        }
    }
}
