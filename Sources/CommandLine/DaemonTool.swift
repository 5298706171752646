package import ArgumentParser
import Daemon
import FoundationEssentials
import Hypervisor
import Logging
import Pods
import Registry
import SystemPackage
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

    @Option(help: "Settings of templates and pool (default: $APUS_CONFIG or /etc/apus/apusd.yaml).")
    var config: String?

    @Option(help: "How many machines wait, for a shape and for images; 0 keeps templates only.")
    var pool: Int?

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
        let daemon = try await NodeDaemon.prepare(
            node: try node.node(),
            configuration: { try configuration($0) },
            registries: { environment in { try RegistryOptions.access(environment) } },
            logger: Logger(label: "apusd", factory: { StreamLogHandler.standardError(label: $0) })
        )
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await daemon.run {
            for await _ in signals { return }
        } leave: {
            Self.exit(withError: nil)
        }
    }

    /// The file's settings, and before them the options'.
    private func configuration(_ accelerator: Accelerator) throws -> DaemonConfiguration {
        let named = config ?? ProcessInfo.processInfo.environment["APUS_CONFIG"]
        var configuration = try DaemonConfiguration.load(named.map { FilePath($0) }, for: accelerator)
        if let pool { try configuration.keepReady(pool) }
        return configuration
    }
}
