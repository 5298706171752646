import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A registry inside the test's process that keeps everything in memory and misbehaves as its script says.
package final class FaultyRegistry: Sendable {
    /// Decides about an answer: gets the request, how often its method and path were asked before, and what a good
    /// registry would answer.
    package typealias Script = @Sendable (Request, Int, () -> Answer) -> Answer

    /// After how many bytes of a request's body its connection is cut; `nil` lets it through.
    package typealias Cut = @Sendable (Request, Int) -> Int?

    struct State {
        var requests: [Request] = []
        var counts: [String: Int] = [:]
        var storage = MemoryRegistry()
    }

    private let script: Script
    private let cut: Cut
    private let state = Mutex(State())
    private let listener = Mutex<(any Channel)?>(nil)

    private init(_ script: @escaping Script, _ cut: @escaping Cut) {
        self.script = script
        self.cut = cut
    }

    /// Runs a body with a server on a free loopback port.
    ///
    /// - Parameters:
    ///   - script: the good answers if left out.
    ///   - cut: nothing is cut if left out.
    package static func with<Success>(
        _ script: @escaping Script = { _, _, good in good() },
        cut: @escaping Cut = { _, _ in nil },
        _ body: (FaultyRegistry) async throws -> Success
    ) async throws -> Success {
        let registry = FaultyRegistry(script, cut)
        let channel = try await registry.listen()
        registry.listener.withLock { $0 = channel }
        do {
            let success = try await body(registry)
            try await channel.close()
            return success
        } catch {
            try await channel.close()
            throw error
        }
    }

    /// Where it listens on 127.0.0.1.
    package var port: Int { listener.withLock { $0?.localAddress?.port } ?? 0 }

    /// The name that image references have for it.
    package var name: String { "127.0.0.1:\(port)" }

    /// What it was asked so far.
    package var requests: [Request] { state.withLock { $0.requests } }

    /// What it was asked with a method, at paths with this part in them.
    package func requests(_ method: String, _ part: String = "") -> [Request] {
        requests.filter { $0.method == method && $0.path.contains(part) }
    }

    /// Puts a blob into all repositories.
    ///
    /// - Returns: its digest.
    @discardableResult
    package func add(blob: [UInt8]) -> String {
        state.withLock { $0.storage.add(blob: blob) }
    }

    /// Puts a manifest into all repositories.
    ///
    /// - Returns: its digest.
    @discardableResult
    package func add(manifest: [UInt8], type: String, tag: String) -> String {
        state.withLock { $0.storage.add(manifest: manifest, type: type, name: tag) }
    }

    /// A blob that it has.
    package func blob(_ digest: String) -> [UInt8]? {
        state.withLock { $0.storage.blobs[digest] }
    }

    func cut(_ request: Request) -> Int? {
        cut(request, state.withLock { $0.counts[request.key, default: 0] })
    }

    /// Keeps what came of a request that is cut.
    func keep(_ request: Request) {
        state.withLock { state in
            count(request, &state)
            _ = state.storage.answer(request)
        }
    }

    func answer(_ request: Request) -> Answer {
        let before = state.withLock { count(request, &$0) }
        return script(request, before) { state.withLock { $0.storage.answer(request) } }
    }

    @discardableResult
    private func count(_ request: Request, _ state: inout State) -> Int {
        defer { state.counts[request.key, default: 0] += 1 }
        state.requests.append(request)
        return state.counts[request.key, default: 0]
    }

    private func listen() async throws -> any Channel {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try channel.pipeline.syncOperations.addHandler(FaultyHandler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }
}
