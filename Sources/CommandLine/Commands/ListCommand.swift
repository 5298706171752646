import ArgumentParser
import Pods

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "List containers.",
        usage: "apus ps [OPTIONS]"
    )

    @Flag(name: .shortAndLong, help: "Show all containers, not only those that run.")
    var all = false

    @Flag(name: .shortAndLong, help: "Print ids only.")
    var quiet = false

    @Flag(help: "Do not shorten ids and commands.")
    var noTrunc = false

    @OptionGroup var node: NodeOptions

    func run() async throws {
        let pods = try await node.service().list().filter { all || $0.state.isActive }
        guard !quiet else {
            for pod in pods { Console.line(noTrunc ? pod.record.id : pod.record.shortID) }
            return
        }
        var table = Table("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "NAMES")
        for pod in pods { table.append(row(pod)) }
        Console.write(table.text)
    }

    private func row(_ pod: PodSummary) -> [String] {
        let record = pod.record
        let line = record.commandLine.joined(separator: " ")
        let command = !noTrunc && line.count > 20 ? line.prefix(19) + "…" : line
        return [
            noTrunc ? record.id : record.shortID, record.spec.image, "\"\(command)\"",
            HumanDuration.ago(Timestamp.elapsed(since: record.created)), Self.status(pod.state), record.name,
        ]
    }

    /// A state in Docker's words.
    static func status(_ state: PodState, now: Int64 = Timestamp.now) -> String {
        let elapsed = { Duration.nanoseconds(max(0, now - $0)) }
        return switch state {
        case .created: "Created"
        case .running(let since): HumanDuration.up(elapsed(since))
        case .paused(let since): HumanDuration.up(elapsed(since)) + " (Paused)"
        case .restarting(let exit): "Restarting (\(exit.code)) \(HumanDuration.ago(elapsed(exit.finished)))"
        case .exited(let exit):
            "Exited (\(exit.code)) \(HumanDuration.ago(elapsed(exit.finished)))\(exit.outOfMemory ? " (out of memory)" : "")"
        }
    }
}
