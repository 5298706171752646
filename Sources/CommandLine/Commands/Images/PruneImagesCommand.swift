import ArgumentParser
import Images
import OCI
import Pods

struct PruneImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove images that nobody needs.",
        usage: "apus image prune [OPTIONS]",
        discussion: """
            Without options these are the images that have lost their name. What was left of
            interrupted transfers goes too. An image that a container uses always stays.
            """
    )

    @Flag(name: .shortAndLong, help: "Remove all images that no container uses.")
    var all = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var force = false

    @OptionGroup var node: NodeOptions

    func run() async throws {
        let what = all ? "all images that no container uses" : "all images without a name"
        guard force || !isTerminal(0) || Prompt.confirms("This removes \(what).") else {
            throw ExitStatus(code: 1)
        }
        let pruned = try node.service().pruneImages(all: all)
        for name in pruned.untagged { Console.line("untagged: \(name)") }
        for id in pruned.deleted { Console.line("deleted: \(id)") }
        Console.line("Total reclaimed space: \(HumanSize.decimal(UInt64(clamping: pruned.bytes)))")
    }
}
