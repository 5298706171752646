import ArgumentParser
import Pods
import Testing

@testable import CommandLine

struct CommandsTests {
    private static var visible: [any ParsableCommand.Type] {
        CommandLineTool.configuration.subcommands.filter { $0.configuration.shouldDisplay }
    }

    @Test("every command says in a sentence what it does and how it is called")
    func help() {
        for command in Self.visible {
            let name = command.configuration.commandName ?? ""
            let help = CommandLineTool.helpMessage(for: command)
            #expect(command.configuration.abstract.hasSuffix("."))
            #expect(help.contains("USAGE: apus \(name)"), "\(name)")
            // Groups leave it to their commands, and registries know nothing of this machine.
            let isWithoutState = ["login", "logout", "search", "image", "system"].contains(name)
            #expect(isWithoutState || help.contains("--root"), "\(name)")
            #expect(CommandLineTool.helpMessage().contains("  \(name) "), "\(name)")
        }
        #expect(!CommandLineTool.helpMessage().contains("  attend"))
    }

    @Test("the examples of a command's help can be called like that", arguments: ["run", "import"])
    func examples(name: String) throws {
        let command = try #require(Self.visible.first { $0.configuration.commandName == name })
        let lines = command.configuration.discussion.split(separator: "\n").filter { $0.contains("apus \(name) ") }
        #expect(!lines.isEmpty)
        for line in lines where !line.contains("'") {
            let call = line.drop { $0 == " " }.split(separator: "| ").last ?? ""
            let words = call.split(separator: "  ").first?.split(separator: " ").dropFirst().map(String.init) ?? []
            #expect(throws: Never.self) { try CommandLineTool.parseAsRoot(words) }
        }
    }

    @Test(
        "asking for help is no mistake, and costs no exit code",
        arguments: [
            ["--help"], ["-h"], ["run", "--help"], ["run", "-h"], ["run", "--rm", "--help"], ["exec", "-h"],
            ["help", "ps"],
        ]
    )
    func helpIsFine(words: [String]) throws {
        do {
            var command = try CommandLineTool.parseAsRoot(words)
            try command.run()
            Issue.record("help was not asked for")
        } catch {
            #expect(CommandLineTool.ending(with: error) == nil)
            let text = CommandLineTool.fullMessage(for: error)
            #expect(text.contains("USAGE: apus"))
            #expect(words[0].hasPrefix("-") || text.contains("USAGE: apus \(words[0] == "help" ? words[1] : words[0])"))
        }
    }

    @Test("the version is Apus's")
    func version() throws {
        let error = #expect(throws: (any Error).self) { try CommandLineTool.parseAsRoot(["--version"]) }
        #expect(CommandLineTool.fullMessage(for: try #require(error)) == CommandLineTool.version)
    }

    @Test("exec passes on everything after the container")
    func exec() throws {
        let command = try parse(
            ExecCommand.self,
            "exec",
            "-it",
            "-e",
            "A=b",
            "-u",
            "0",
            "-w",
            "/tmp",
            "web",
            "ls",
            "-it",
            "--help"
        )
        #expect(command.container == "web")
        var expected = ExecSpec(command: ["ls", "-it", "--help"])
        (expected.environment, expected.user, expected.workingDirectory) = (["A=b"], "0", "/tmp")
        (expected.terminal, expected.openInput) = (true, true)
        #expect(try command.spec() == expected)
        #expect(try parse(ExecCommand.self, "exec", "web", "--", "ls").spec().command == ["ls"])
    }

    @Test("options may come behind the objects where no command follows them")
    func trailingOptions() throws {
        #expect(try parse(RemoveCommand.self, "rm", "web", "-f").force)
        #expect(try parse(KillCommand.self, "kill", "a", "b", "-s", "TERM").containers == ["a", "b"])
        let logs = try parse(LogsCommand.self, "logs", "web", "-ft", "-n", "5")
        #expect(logs.follow && logs.timestamps && logs.tail == "5")
        #expect(try parse(ListCommand.self, "ps", "-aq", "--no-trunc").noTrunc)
    }

    @Test("errors end the program with Docker's codes")
    func endings() {
        let cases: [(any Error, String?, Int32)] = [
            (ExitStatus(code: 42), nil, 42),
            (PodsError(.commandNotFound, "not found"), "not found", 127),
            (PodsError(.commandNotExecutable, "not executable"), "not executable", 126),
            (PodsError(.notFound, "no container"), "no container", 125),
            (UsageError("what?"), "what?", 125),
        ]
        for (error, complaint, code) in cases {
            let ending = CommandLineTool.ending(with: error)
            #expect(ending?.complaint == complaint)
            #expect(ending?.code == code)
        }
    }
}
