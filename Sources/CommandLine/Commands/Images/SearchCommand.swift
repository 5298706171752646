import ArgumentParser
import Images
import OCI
import Registry

struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Look for images in a registry.",
        usage: "apus search [OPTIONS] [REGISTRY/]TERM"
    )

    @Option(help: "How many results to show.")
    var limit = 25

    @OptionGroup var registry: RegistryOptions

    @Argument(help: "What to look for; a registry's name and a slash before it ask that registry.")
    var term: String

    func run() async throws {
        guard (1...100).contains(limit) else { throw ValidationError("--limit \(limit) is not between 1 and 100") }
        let results = try await registry.withClient { client, configuration in
            let parts = term.split(separator: "/", maxSplits: 1)
            let isNamed = parts.count == 2 && ImageReference.isRegistry(String(parts[0]))
            return try await client.search(
                isNamed ? String(parts[1]) : term,
                on: isNamed ? String(parts[0]) : configuration.defaultDomain,
                limit: limit
            )
        }
        var table = Table("NAME", "DESCRIPTION", "STARS", "OFFICIAL")
        for result in results {
            table.append([
                result.name, shortened(result.description), "\(result.stars)", result.isOfficial ? "[OK]" : "",
            ])
        }
        Console.write(table.text)
    }

    private func shortened(_ text: String) -> String { text.count > 60 ? String(text.prefix(59)) + "…" : text }
}
