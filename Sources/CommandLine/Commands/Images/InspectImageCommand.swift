import ArgumentParser
import FoundationEssentials
import Images
import OCI
import Pods

struct InspectImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show all that is known about images, as JSON.",
        usage: "apus image inspect IMAGE [IMAGE...]"
    )

    @OptionGroup var node: NodeOptions

    @Argument(help: "Names or ids.")
    var images: [String]

    func run() async throws {
        let store = try node.service().images
        var found: [JSONValue] = []
        var missing: (any Error)?
        for name in images {
            do {
                found.append(try ImageReport(store, try store.image(name)).json)
            } catch {
                missing = missing ?? error
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        Console.line(String(decoding: try encoder.encode(JSONValue.array(found)), as: UTF8.self))
        if let missing { throw missing }
    }
}
