import Foundation
import SystemPackage
import TestSupport

/// Docker's own command, talking to a node's daemon.
struct DockerClient: Sendable {
    /// Whether this machine has it.
    static let isInstalled = Shell.has("docker")

    let node: Node
    /// Where the daemon serves Docker's API.
    var socket: FilePath { node.runRoot.appending("apus.sock") }

    /// Runs a shell script in the node's folder; `docker` in it means this daemon, with logins of its own.
    func shell(_ script: String, patience: Duration = .seconds(60)) async throws -> Finished {
        var node = node
        node.environment["DOCKER_HOST"] = "unix://\(socket)"
        node.environment["DOCKER_CONFIG"] = "\(node.folder)/docker"
        return try await node.shell(script, patience: patience)
    }
}

extension Node {
    /// Runs a body while `apusd` serves Docker's API, without waiting for machines.
    func withEngine(
        _ options: [String] = ["--pool", "0"],
        body: @Sendable @escaping (DockerClient) async throws -> Void
    ) async throws {
        let client = DockerClient(node: self)
        let finished = try await daemon(options).running { running in
            do {
                try await eventually("the Engine API") { FileManager.default.fileExists(atPath: client.socket.string) }
                try await body(client)
            } catch {
                running.signal(SIGKILL)
                throw error
            }
            running.signal(SIGTERM)
        }
        guard finished.code == 0 else {
            throw CommandFailure(description: "apusd ended with \(finished.code): \(finished.error)")
        }
    }
}
