import AgentProtocol
import ArgumentParser
import Hypervisor
import Images
import Linux
import OCI
import Pods
import Sandboxes
import SystemPackage
import Testing

@testable import CommandLine

struct ImageChangesTests {
    @Test("instructions become settings; the last of a kind counts, and variables add up")
    func instructions() throws {
        let changes = try ImageChanges(parsing: [
            "CMD [\"echo\", \"a b\"]", "ENTRYPOINT sleep 5", "ENV A=1", "env B=x=y z", "WORKDIR /old", "WorkDir /srv",
            "USER 1:2", "ENV EMPTY=", "CMD   [\"sh\"]", "USER\tnobody",
        ])
        #expect(
            changes.configuration
                == ImageConfiguration(
                    environment: ["A=1", "B=x=y z", "EMPTY="],
                    entrypoint: ["/bin/sh", "-c", "sleep 5"],
                    command: ["sh"],
                    workingDirectory: "/srv",
                    user: "nobody"
                )
        )
        #expect(try ImageChanges(parsing: []).configuration == ImageConfiguration())
        #expect(try ImageChanges(parsing: ["CMD []"]).configuration.command == [])
    }

    @Test(
        "what is no instruction is named",
        arguments: [
            ("", "\"\" is no instruction"), ("CMD", "\"CMD\" is no instruction"), ("CMD  ", "is no instruction"),
            ("RUN ls", "unknown instruction \"RUN\""), ("CMD [sh]", "[sh] is not a JSON list"),
            ("CMD [1]", "not a JSON list of strings"), ("CMD [\"sh\"", "not a JSON list"),
            ("ENV A", "\"ENV A\" is not of the form NAME=value"), ("ENV =b", "NAME=value"),
            ("WORKDIR srv", "\"WORKDIR srv\" is not an absolute path"),
        ]
    )
    func mistakes(instruction: String, message: String) throws {
        let error = #expect(throws: (any Error).self) { try ImageChanges(parsing: [instruction]) }
        #expect("\(try #require(error))".contains(message))
    }
}

struct ErrorMessageTests {
    @Test("a user reads one line without the names of our types")
    func texts() {
        let cases: [(any Error, String)] = [
            (PodsError(.conflict, "pods", cause: LinuxError(stage: "x", errno: .noMemory)), "pods"),
            (UsageError("usage"), "usage"),
            (ImageError(.notFound, "images"), "images"),
            (HypervisorError(.missing, "hypervisor"), "hypervisor"),
            (SandboxError(.timeout, "sandbox"), "sandbox"),
            (LinuxError(stage: "read /x", errno: .ioError), "cannot read /x: Input/output error"),
            (
                LinuxError(stage: "open /var/lib/apus", errno: .permissionDenied),
                "cannot open /var/lib/apus: Permission denied (are you root? choose other places with --root and --run-root)"
            ),
            (
                LinuxError(stage: "write /x", errno: .noSpace),
                "cannot write /x: No space left on device (make room on the disk)"
            ),
            (
                AgentFailure(.system, stage: "mount /x", errno: 2),
                "the guest could not mount /x (No such file or directory)"
            ),
            (AgentFailure(.limit, stage: "start"), "the guest could not start"),
        ]
        for (error, text) in cases { #expect(ErrorMessage.text(of: error) == text) }
    }
}

struct EachOfTests {
    struct Own: Error {}

    @Test("a failure keeps no other from its turn, and costs exit code 1 at the end")
    func failure() async throws {
        var seen: [String] = []
        let error = await #expect(throws: ExitStatus.self) {
            try await EachOf(["a", "b", "c"]).run { name in
                seen.append(name)
                if name != "c" { throw PodsError(.notFound, "a failure that this test wants") }
                return nil
            }
        }
        #expect(error?.code == 1)
        #expect(seen == ["a", "b", "c"])
    }

    @Test("when all go well there is no error")
    func success() async throws {
        try await EachOf(["a", "b"]).run { _ in nil }
        try await EachOf([]).run { _ in throw Own() }
    }
}

struct NodeOptionsTests {
    private func node(_ words: [String] = [], _ environment: [String: String] = [:]) throws -> NodeConfiguration {
        try NodeOptions.parse(words).node(environment)
    }

    @Test("the places are the system's unless options, or else variables, say otherwise")
    func places() throws {
        #expect(try node().root == "/var/lib/apus")
        #expect(try node().runRoot == "/run/apus")
        let variables = ["APUS_ROOT": "/a", "APUS_RUN_ROOT": "/b", "APUS_GUEST": "/g", "APUS_ACCELERATOR": "tcg"]
        #expect(try node().kernel == .automatic)
        #expect(try node([], ["APUS_KERNEL": "packaged"]).kernel == .packaged)
        #expect(try node(["--kernel", "own"], ["APUS_KERNEL": "packaged"]).kernel == .own)
        #expect(try node(["--kernel", "/sets/../k"]).kernel == .folder("/k"))
        let fromVariables = try node([], variables)
        #expect((fromVariables.root, fromVariables.runRoot, fromVariables.guest) == ("/a", "/b", "/g"))
        #expect(fromVariables.accelerator == .tcg)
        let options = try node(
            ["--root", "/c/../d", "--run-root=/e", "--accelerator", "kvm", "--guest", "/h"],
            variables
        )
        #expect((options.root, options.runRoot, options.guest) == ("/d", "/e", "/h"))
        #expect(options.accelerator == .kvm)
    }

    @Test(
        "a place or an accelerator that cannot be is named",
        arguments: [
            (["--root", "here"], "--root \"here\" is not an absolute path"),
            (["--run-root", ""], "--run-root \"\" is not an absolute path"),
            (["--kernel", "here"], "unknown kernel \"here\" (use auto, packaged, own or an absolute path)"),
            (["--accelerator", "warp"], "unknown accelerator \"warp\" (use auto, kvm or tcg)"),
        ]
    )
    func mistakes(words: [String], message: String) throws {
        let error = #expect(throws: (any Error).self) { try node(words) }
        #expect("\(try #require(error))".contains(message))
    }
}

struct PassedThroughTests {
    @Test("a word that cannot steer a terminal stands in the message for one that could")
    func controlCharacters() throws {
        let error = #expect(throws: (any Error).self) {
            try PassedThrough.check("--\u{1B}[2J", for: RunCommand.self)
        }
        #expect("\(try #require(error))".contains("unknown option \"--?[2J\""))
    }
}
