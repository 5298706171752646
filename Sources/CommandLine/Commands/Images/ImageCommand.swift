import ArgumentParser

struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Work with images.",
        usage: "apus image COMMAND",
        subcommands: [
            List.self, PullCommand.self, PushCommand.self, TagCommand.self, InspectImageCommand.self,
            HistoryCommand.self, SaveCommand.self, LoadCommand.self, ImportCommand.self, Remove.self,
            PruneImagesCommand.self,
        ]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "List images.",
            usage: "apus image ls [OPTIONS]"
        )

        @OptionGroup var command: ImagesCommand

        func run() async throws { try await command.run() }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm",
            abstract: "Remove images.",
            usage: "apus image rm IMAGE [IMAGE...]"
        )

        @OptionGroup var command: RemoveImageCommand

        func run() async throws { try await command.run() }
    }
}
