import ArgumentParser
import FoundationEssentials

/// How a process is started: what `run` and `exec` share.
struct ProcessOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Keep standard input open and pass yours on.")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Give the process a terminal.")
    var tty = false

    @Option(
        name: .shortAndLong,
        parsing: .singleValue,
        help: ArgumentHelp("Set a variable; NAME alone takes your value.", valueName: "name=value")
    )
    var env: [String] = []

    @Option(name: .shortAndLong, help: "Start in this folder.")
    var workdir: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Run as this user.", valueName: "user[:group]"))
    var user: String?

    @Option(help: "The keys that leave a terminal without ending its process.")
    var detachKeys = "ctrl-p,ctrl-q"

    /// The variables, those without a value with the one that they have in the user's environment.
    func environment(_ user: [String: String] = ProcessInfo.processInfo.environment) throws -> [String] {
        try env.compactMap { try EnvironmentOption.resolve($0) { user[$0] } }
    }

    func workingDirectory() throws -> String? {
        guard let workdir else { return nil }
        guard workdir.hasPrefix("/") else {
            throw ValidationError("working directory \"\(workdir)\" is not an absolute path")
        }
        return workdir
    }
}
