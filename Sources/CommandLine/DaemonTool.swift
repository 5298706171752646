package import ArgumentParser
import Daemon
import FoundationEssentials
import Logging
import Pods
import Registry
import UnixSignals

/// The program `apusd`.
package struct DaemonTool: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "apusd",
        abstract: "The daemon of a node: containers start from machines that it keeps ready.",
        usage: "apusd [OPTIONS]",
        discussion: """
            It runs in the foreground until SIGTERM or SIGINT and says on standard error what
            it does. Containers outlive it. Without it "apus run" works, too, and boots a
            machine for each container.
            """,
        version: CommandLineTool.version
    )

    @OptionGroup var node: NodeOptions

    /// The daemon without options.
    package init() {}

    /// Parses the process's arguments and serves; ends with 125 when it was called wrongly, with 1 when it failed.
    package static func main() async -> Never {
        do {
            let daemon = try parse()
            try await daemon.run()
            exit(withError: nil)
        } catch {
            leave(with: error, failureCode: 1)
        }
    }

    package func run() async throws {
        let daemon = NodeDaemon(
            node: try node.node(),
            registries: { environment in { try RegistryOptions.access(environment) } },
            logger: Logger(label: "apusd", factory: { StreamLogHandler.standardError(label: $0) })
        )
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await daemon.run() }
            group.addTask {
                // Attendants are not cancelled: that would end their pods.
                for await _ in signals { Self.exit(withError: nil) }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
