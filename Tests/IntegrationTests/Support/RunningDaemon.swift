import Foundation
import Pods
import SystemPackage
import Testing

/// The node's daemon while it runs.
struct RunningDaemon: Sendable {
    let node: Node
    fileprivate let command: RunningCommand

    var pid: Int32 { command.pid }

    /// Sends it a signal.
    func signal(_ number: Int32) { command.signal(number) }

    /// What it says of templates and pool.
    func pool() async throws -> PoolReport {
        let text = try await node.succeed("system", "pool", "--format", "json")
        return try JSONDecoder().decode(PoolReport.self, from: Data(text.utf8))
    }

    /// Waits until every machine that is wanted waits.
    func waitUntilReady() async throws {
        try await eventually("the pool", within: .seconds(120)) {
            try await node.apus("system", "pool", "--ready").code == 0
        }
    }
}

extension Node {
    /// Runs a body while the node has a daemon that is ready; afterwards the daemon ends.
    ///
    /// - Parameter options: what `apusd` is told beside its folders.
    @discardableResult
    func withDaemon(
        _ options: String...,
        body: @Sendable @escaping (RunningDaemon) async throws -> Void
    ) async throws -> Finished {
        var command = command(["--root", root.string, "--run-root", runRoot.string] + options)
        command.program = program.removingLastComponent().appending("apusd")
        command.patience = .seconds(300)
        return try await command.running { running in
            let daemon = RunningDaemon(node: self, command: running)
            do {
                try await daemon.waitUntilReady()
                try await body(daemon)
            } catch {
                daemon.signal(SIGKILL)
                throw error
            }
            daemon.signal(SIGTERM)
        }
    }
}
