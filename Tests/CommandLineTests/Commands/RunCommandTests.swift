import ArgumentParser
import Pods
import Testing

@testable import CommandLine

/// Parses a command line as the program does.
func parse<Command>(_ type: Command.Type, _ words: String...) throws -> Command {
    try #require(try CommandLineTool.parseAsRoot(words) as? Command)
}

struct RunCommandTests {
    private func spec(_ words: String...) throws -> PodSpec {
        try #require(try CommandLineTool.parseAsRoot(["run"] + words) as? RunCommand).spec()
    }

    @Test("an image alone asks for nothing special")
    func plain() throws {
        #expect(try spec("busybox") == PodSpec(image: "busybox"))
    }

    @Test(
        "short flags may stand together, in any order",
        arguments: [["-it"], ["-ti"], ["-i", "-t"], ["--interactive", "--tty"], ["--tty", "-i"]]
    )
    func shortFlags(flags: [String]) throws {
        let command = try #require(try CommandLineTool.parseAsRoot(["run"] + flags + ["busybox", "sh"]) as? RunCommand)
        let spec = try command.spec()
        #expect(spec.terminal && spec.openInput && !command.detach)
        #expect(spec.command == ["sh"])
    }

    @Test("three flags in one word, and what takes a value behind them")
    func manyFlags() throws {
        let command = try parse(RunCommand.self, "run", "-dit", "--rm", "-m", "256m", "--cpus", "0.5", "img")
        let spec = try command.spec()
        #expect(command.detach && spec.terminal && spec.openInput && spec.autoRemove)
        #expect(spec.memory == 256 << 20)
        #expect(spec.milliCPU == 500)
    }

    @Test(
        "everything after the image is the command's, whatever it looks like",
        arguments: [
            ["ls", "-la", "--help"], ["--help"], ["-it"], ["--rm", "busybox"], ["sh", "-c", "exit 3"], ["-h"],
            ["--version"], ["run", "--", "x"], ["--name=x", ""], ["--no-such-option"],
        ]
    )
    func passedThrough(words: [String]) throws {
        let command = try #require(try CommandLineTool.parseAsRoot(["run", "--rm", "busybox"] + words) as? RunCommand)
        let spec = try command.spec()
        #expect(spec.image == "busybox")
        #expect(spec.command == words)
        #expect(spec.autoRemove && !spec.terminal && command.name == nil)
    }

    @Test("one -- before the command or the image is not part of them")
    func terminator() throws {
        #expect(try spec("busybox", "--", "ls", "--", "-l").command == ["ls", "--", "-l"])
        let before = try spec("--rm", "--", "busybox", "ls", "-l")
        #expect((before.image, before.command) == ("busybox", ["ls", "-l"]))
    }

    @Test("options take their value as the next word or behind an equals sign")
    func values() throws {
        let command = try parse(
            RunCommand.self,
            "run",
            "--name",
            "web",
            "--hostname=box",
            "-w",
            "/tmp",
            "--user=1:2",
            "--entrypoint=env",
            "img"
        )
        let spec = try command.spec()
        #expect(command.name == "web")
        #expect((spec.hostname, spec.workingDirectory, spec.user) == ("box", "/tmp", "1:2"))
        #expect(spec.entrypoint == ["env"])
    }

    @Test("an empty entrypoint is none, and no option for it is the image's")
    func emptyEntrypoint() throws {
        let none = try spec("--entrypoint", "", "img", "ls")
        #expect(none.entrypoint == [])
        #expect(none.command == ["ls"])
        #expect(try spec("img").entrypoint == nil)
    }

    @Test("variables add up in their order; a name alone takes the user's value, if there is one")
    func environment() throws {
        let command = try parse(
            RunCommand.self,
            "run",
            "-e",
            "A=1",
            "--env",
            "B=x y=z",
            "-e",
            "TERM",
            "-e",
            "NONE",
            "--env=A=2",
            "-e",
            "E=",
            "img"
        )
        let variables = try command.process.environment(["TERM": "vt100", "A": "user"])
        #expect(variables == ["A=1", "B=x y=z", "TERM=vt100", "A=2", "E="])
    }

    @Test(
        "a value that cannot be is named, and costs exit code 125",
        arguments: [
            (["-m", "lots", "img"], "\"lots\" is no size"), (["--cpus", "0", "img"], "CPUs cannot be given"),
            (["-w", "tmp", "img"], "working directory \"tmp\" is not an absolute path"),
            (["-e", "=x", "img"], "\"=x\" is no environment variable"),
        ]
    )
    func badValues(words: [String], message: String) throws {
        let command = try #require(try CommandLineTool.parseAsRoot(["run"] + words) as? RunCommand)
        let error = #expect(throws: (any Error).self) { try command.spec() }
        let ending = try #require(error.flatMap { CommandLineTool.ending(with: $0) })
        #expect(ending.code == 125)
        #expect(ending.complaint?.contains(message) == true)
    }

    @Test(
        "a command line that cannot be is explained with the usage, and costs exit code 125",
        arguments: [
            (["run"], "<image>"), (["run", "--rm"], "<image>"), (["run", "--publish", "80:80", "img"], "--publish"),
            (["run", "-x", "img"], "-x"), (["run", "-itx", "img"], "x"), (["run", "--memory"], "memory"),
            (["run", "--rm=3", "img"], "rm"), (["exec", "web"], "<command>"),
            (["exec", "--bogus", "web", "ls"], "--bogus"),
            (["kill"], "<containers>"), (["logs"], "<container>"), (["logs", "a", "b"], "'b'"),
            (["frobnicate"], "frobnicate"),
            (["rmi"], "<images>"),
        ]
    )
    func badLines(words: [String], message: String) throws {
        let error = #expect(throws: (any Error).self) { try CommandLineTool.parseAsRoot(words) }
        let ending = try #require(error.flatMap { CommandLineTool.ending(with: $0) })
        #expect(ending.code == 125)
        #expect(ending.complaint?.contains(message) == true)
        #expect(ending.complaint?.contains("\nUsage: apus") == true)
    }
}
