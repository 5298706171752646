import ArgumentParser
import FoundationEssentials
import Images
import OCI
import Pods

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show how an image was built.",
        usage: "apus history [OPTIONS] IMAGE"
    )

    @Flag(help: "Do not shorten ids and commands.")
    var noTrunc = false

    @OptionGroup var node: NodeOptions

    @Argument(help: "A name or an id.")
    var image: String

    func run() async throws {
        let store = try node.service().images
        let image = try store.image(image)
        var table = Table("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT")
        for (index, line) in try store.history(of: image).enumerated() {
            let created = line.step.created.map { HumanDuration.ago(.seconds(Date.now.timeIntervalSince($0))) }
            // Only the last step is an image of this store; the others happened elsewhere.
            let id = index > 0 ? "<missing>" : noTrunc ? image.id.description : ShortID.of(image.id.description)
            let size = HumanSize.decimal(UInt64(clamping: line.size))
            table.append([id, created ?? "N/A", shortened(line.step.createdBy), size, line.step.comment])
        }
        Console.write(table.text)
    }

    private func shortened(_ command: String) -> String {
        guard !noTrunc, command.count > 45 else { return command }
        return String(command.prefix(44)) + "…"
    }
}
