import ArgumentParser
import FoundationEssentials
import Linux
import Logging
import Pods
import Registry

/// What `apus` runs in the background for each pod; no user calls it.
struct AttendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: AttendantArguments.command,
        abstract: "Attend a pod.",
        shouldDisplay: false
    )

    @OptionGroup var node: NodeOptions

    @Argument(help: "The pod's id.")
    var pod: String

    func run() async throws {
        let socket = OwnedFD(taking: AttendantArguments.socket)
        let lock = FileLock(inherited: AttendantArguments.lock)
        var logger = Logger(label: "apus.attendant", factory: { StreamLogHandler.standardError(label: $0) })
        logger[metadataKey: "pod.id"] = "\(pod.prefix(12))"
        let attendant = try Attendant(
            podID: pod,
            node: try node.node(),
            registries: Self.registries,
            logger: logger
        )
        try await attendant.run(socket: socket, holding: lock)
    }

    /// Settings and logins as those of whoever started the pod.
    @Sendable private static func registries() throws -> (RegistryConfiguration, any CredentialSource) {
        let credentials = CredentialStore(environment: ProcessInfo.processInfo.environment)
        return (try RegistryOptions.configuration(named: nil), credentials ?? NoCredentials())
    }
}
