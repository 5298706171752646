package import ArgumentParser
import Daemon
import EngineAPI
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

    @Option(help: "Where the Docker Engine API is served (default: apus.sock in the run root).")
    var socket: String?

    @Option(help: "Serve the Docker Engine API on 127.0.0.1:PORT, too; whoever has an account here is root then.")
    var tcp: String?

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
        let logger = Logger(label: "apusd", factory: { StreamLogHandler.standardError(label: $0) })
        let daemon = try await NodeDaemon.prepare(
            node: try node.complete(),
            configuration: { try configuration($0) },
            registries: { environment in { try RegistryOptions.access(environment) } },
            logger: logger
        )
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await daemon.run { pods, settings in
            let server = try Self.engine(pods, settings, logger)
            return { try await server.run() }
        } until: {
            for await _ in signals { return }
        } leave: {
            Self.exit(withError: nil)
        }
    }

    /// The server of the Docker Engine API, its sockets bound.
    private static func engine(
        _ pods: PodService,
        _ settings: EngineSettings,
        _ logger: Logger
    ) throws -> EngineServer {
        let socket = settings.socket ?? pods.node.runRoot.appending("apus.sock")
        let addresses =
            try [.unix(socket, group: settings.group)] + [settings.tcp].compactMap(\.self).map(EngineAddress.init(tcp:))
        let services = EngineServices(
            pods: pods,
            registries: { try RegistryOptions.access(ProcessInfo.processInfo.environment) },
            version: CommandLineTool.version,
            logger: logger
        )
        return try EngineServer(addresses, services)
    }

    /// The file's settings, and before them the options'.
    private func configuration(_ accelerator: Accelerator) throws -> DaemonConfiguration {
        let named = config ?? ProcessInfo.processInfo.environment["APUS_CONFIG"]
        var configuration = try DaemonConfiguration.load(named.map { FilePath($0) }, for: accelerator)
        if let pool { try configuration.keepReady(pool) }
        if let socket { try configuration.engine.setSocket(socket) }
        if let tcp { configuration.engine.tcp = tcp }
        return configuration
    }
}
