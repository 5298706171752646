import Foundation
import SystemPackage
import Testing

/// A node whose daemon serves the Docker Engine API, shared by the tests of a suite: each uses names of its own.
struct EngineNode: SuiteTrait, TestScoping {
    @TaskLocal private static var node: Node?

    /// Where Debian and others install the docker command.
    private static let program = ["/usr/bin/docker", "/usr/local/bin/docker"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Whether the docker command is installed.
    static var hasDocker: Bool { program != nil }

    /// The node.
    static func current() throws -> Node { try #require(node) }

    /// The docker command with these arguments.
    static func command(_ arguments: [String]) throws -> Command {
        let node = try current()
        let program = try #require(program)
        return Command(
            program: FilePath(program),
            arguments: arguments,
            environment: [
                "DOCKER_HOST": "unix://\(node.runRoot)/apus.sock",
                "DOCKER_CONFIG": node.folder.appending("docker").string,
            ],
            folder: node.folder
        )
    }

    /// Runs the docker command to its end.
    @discardableResult
    static func docker(_ arguments: String..., input: FilePath? = nil) async throws -> Finished {
        try await command(arguments).run(input: input)
    }

    /// Runs a shell script in the node's folder; `docker` is the docker command.
    @discardableResult
    static func script(_ script: String) async throws -> Finished {
        var command = try command(["-c", "cd '\(current().folder)'\n\(script)"])
        command.program = "/bin/sh"
        return try await command.run()
    }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await withNode { node in
            let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
            let (over, end) = AsyncStream.makeStream(of: Void.self)
            // The tests are no child of the daemon's task: they may not escape.
            async let daemon = {
                defer { isReady.finish() }
                return try await node.withDaemon("--pool", "1") { _ in
                    isReady.finish()
                    for await _ in over {}
                }
            }()
            for await _ in ready {}
            try await Self.$node.withValue(node) { try await function() }
            for id in try await node.apus("ps", "-aq").lines { try await node.apus("rm", "-f", id) }
            end.finish()
            _ = try await daemon
            try await node.sweepPool()
        }
    }
}
