import Hummingbird
import Hypervisor
import Linux
import Logging
import Pods
import Registry
import SystemPackage
import TestSupport

@testable import EngineAPI

/// A server on a socket in a folder of its own, for as long as a body runs.
struct ServedEngine {
    let folder: FilePath
    let services: EngineServices
    var socket: FilePath { folder.appending("engine.sock") }

    /// Serves the API's own routes, and more that a test adds.
    static func with(
        adding routes: (Router<EngineContext>) -> Void = { _ in },
        _ body: (ServedEngine) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let engine = try ServedEngine(folder: folder, services: services(in: folder))
            let router = EngineRoutes.router(engine.services)
            routes(router)
            let address = EngineAddress.unix(engine.socket, group: "no-such-group")
            let server = EngineServer([try EngineSocket(address)], router, engine.services)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                try await body(engine)
                group.cancelAll()
            }
        }
    }

    private static func services(in folder: FilePath) throws -> EngineServices {
        let node = NodeConfiguration(
            root: folder.appending("root"),
            runRoot: folder.appending("run"),
            program: "/bin/true",
            guest: "/bin/true",
            accelerator: .tcg
        )
        return EngineServices(
            pods: try PodService(node: node),
            registries: { (RegistryConfiguration(), NoCredentials()) },
            version: "1.2.3",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Sends a request as it is written, and returns all that comes back until the server closes.
    func exchange(_ text: String) async throws -> String {
        let path = socket
        return try await onThread {
            let client = try BlockingSocket.connect(to: path)
            try client.write(Array(text.replacing("\n", with: "\r\n").utf8))
            return String(decoding: try client.readToEnd(), as: UTF8.self)
        }
    }

    /// Asks for a path with a method, and returns the status and the body.
    func ask(_ method: String, _ path: String, _ headers: String = "") async throws -> (status: String, body: String) {
        let answer = try await exchange("\(method) \(path) HTTP/1.1\nHost: x\nConnection: close\n\(headers)\n")
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        return (String(answer.dropFirst(9).prefix(3)), parts.count > 1 ? String(parts[1]) : "")
    }
}
