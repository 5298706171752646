import ArgumentParser
import Pods

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a container has written.",
        usage: "apus logs [OPTIONS] CONTAINER"
    )

    @Flag(name: .shortAndLong, help: "Go on until the container ends.")
    var follow = false

    @Flag(name: .shortAndLong, help: "Put the time before each line.")
    var timestamps = false

    @Option(name: [.customShort("n"), .long], help: "Begin with this many lines from the end (default: all).")
    var tail: String = "all"

    @OptionGroup var node: NodeOptions

    @Argument(help: "The container's name or id.")
    var container: String

    func run() async throws {
        let service = try node.service()
        var printer = try LogPrinter(timestamps: timestamps, tail: try lines())
        var count = 0
        try await service.readLog(container) { record in
            count += 1
            try await printer.take(record)
        }
        try await printer.flush()
        guard follow, try await service.find(container).state.isActive else { return }
        try await service.followLog(container, skip: count) { event in try await printer.take(event) }
    }

    private func lines() throws -> Int? {
        guard tail != "all" else { return nil }
        guard let lines = Int(tail), lines >= 0 else {
            throw ValidationError("--tail \"\(tail)\" is neither a number nor \"all\"")
        }
        return lines
    }
}
