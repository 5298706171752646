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

    @Flag(help: "Start the pod without a client's asking.")
    var alone = false

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
            alone: alone,
            node: try node.node(),
            registries: { try RegistryOptions.access(ProcessInfo.processInfo.environment) },
            logger: logger
        )
        try await attendant.run(socket: socket, holding: lock)
    }
}
