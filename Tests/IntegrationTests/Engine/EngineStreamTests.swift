import Foundation
import SystemPackage
import Testing

extension EndToEnd {
    /// Exec, attach, logs and files, by the real docker command.
    @Suite(.enabled(if: EngineNode.hasDocker, "the docker command is not installed (docker.io)"), EngineNode())
    struct EngineStreamTests {
        private static func docker(_ arguments: String...) async throws -> Finished {
            try await EngineNode.command(arguments).run()
        }

        /// Runs a body while there is a container of that name.
        private static func with(
            _ name: String,
            _ options: [String] = [],
            _ command: [String] = ["sleep", "1000"],
            _ body: () async throws -> Void
        ) async throws {
            let arguments = ["run", "-d", "--name", name] + options + ["busybox"] + command
            try await EngineNode.command(arguments).run().expectSuccess()
            try await body()
            try await docker("rm", "-f", name).expectSuccess()
        }

        @Test("further processes get what docker exec asks for")
        func exec() async throws {
            try await Self.with("host", ["-e", "X=1"]) {
                let cases: [([String], Int32, String)] = [
                    (["host", "echo", "hi"], 0, "hi\n"), (["host", "sh", "-c", "exit 4"], 4, ""),
                    (["-e", "Y=2", "host", "sh", "-c", "echo $X $Y"], 0, "1 2\n"),
                    (["-w", "/tmp", "-u", "app", "host", "sh", "-c", "pwd; id -un"], 0, "/tmp\napp\n"),
                    (
                        ["--privileged", "host", "grep", "CapBnd", "/proc/self/status"], 0,
                        "CapBnd:\t000001ffffffffff\n"
                    ),
                    (["host", "nosuch"], 127, ""), (["host", "/etc"], 126, ""),
                ]
                for (arguments, code, output) in cases {
                    let finished = try await EngineNode.command(["exec"] + arguments).run()
                    #expect(finished.code == code, "\(arguments): \(finished.error)")
                    if code < 100 { #expect(finished.output == output) }
                }
                let file = try EngineNode.current().file("typed", Data("typed\n".utf8))
                #expect(try await EngineNode.docker("exec", "-i", "host", "cat", input: file).output == "typed\n")
                try await Self.docker("exec", "-d", "host", "sh", "-c", "echo done > /done").expectSuccess()
                try await eventually("its file") {
                    try await Self.docker("exec", "host", "cat", "/done").line == "done"
                }
            }
        }

        @Test("a terminal has its client's size from the beginning")
        func terminal() async throws {
            try await Self.with("screen") {
                let script =
                    "stty rows 33 cols 99; docker exec -it screen stty size; docker run --rm -it busybox sh -c 'sleep 1; stty size'"
                let finished = try await EngineNode.script("script -qec \"\(script)\" /dev/null < /dev/null")
                #expect(finished.output.ranges(of: "33 99").count == 2, "\(finished.output)")
            }
        }

        @Test("attaching gives the output from now on; what is typed arrives, and leaving ends nothing")
        func attach() async throws {
            try await Self.with("echoing", ["-i"], ["cat"]) {
                for word in ["one", "two"] {
                    let finished = try await EngineNode.command(["attach", "echoing"]).running {
                        try await $0.write(word + "\n")
                        try await $0.waitForOutput(word)
                        $0.signal(SIGKILL)
                    }
                    #expect(finished.output == word + "\n")
                }
                #expect(try await Self.docker("inspect", "-f", "{{.State.Running}}", "echoing").line == "true")
                #expect(try await Self.docker("logs", "echoing").lines == ["one", "two"])
            }
        }

        @Test("logs come whole, from their end, with times, of one stream, and followed")
        func logs() async throws {
            let script = "for i in 1 2 3 4 5; do echo out $i; done; echo err >&2; sleep 1; printf last; exit 2"
            try await Self.with("talker", [], ["sh", "-c", script]) {
                let followed = try await Self.docker("logs", "-f", "talker")
                #expect(followed.output == "out 1\nout 2\nout 3\nout 4\nout 5\nlast")
                #expect(followed.error == "err\n")
                #expect(try await Self.docker("logs", "-n", "2", "talker").output == "last")
                #expect(try await Self.docker("logs", "-n", "0", "talker").output == "")
                let stamped = try await Self.docker("logs", "-t", "talker").lines.first ?? ""
                #expect(stamped.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z out 1/) != nil, "\(stamped)")
                #expect(try await Self.docker("logs", "--until", "2020-01-01T00:00:00Z", "talker").output == "")
                #expect(try await Self.docker("logs", "--since", "2020-01-01T00:00:00Z", "talker").lines.count == 6)
            }
            try await Self.docker("create", "--name", "mute", "--log-driver", "none", "busybox", "true").expectSuccess()
            #expect(try await Self.docker("logs", "mute").error.contains("does not support reading"))
        }

        @Test("files go in and out, and what has changed is told")
        func files() async throws {
            let text = String(repeating: "0123456789abcdef", count: 40_000)
            let folder = try EngineNode.current().folder
            let file = try EngineNode.current().file("sent", Data(text.utf8))
            try await Self.with("files") {
                try await Self.docker("cp", file.string, "files:/tmp").expectSuccess()
                try await Self.docker("cp", file.string, "files:/tmp/renamed").expectSuccess()
                let copy = folder.appending("copy")
                try await Self.docker("cp", "files:/tmp/renamed", copy.string).expectSuccess()
                let back = try String(contentsOfFile: copy.string, encoding: .utf8)
                #expect((back == text) == true)
                try await Self.docker("exec", "files", "rm", "/etc/group").expectSuccess()
                let changes = try await Self.docker("diff", "files").lines
                for change in ["A /tmp/sent", "A /tmp/renamed", "D /etc/group", "C /tmp"] {
                    #expect(changes.contains(change), "\(changes)")
                }
                #expect(!changes.contains("A /etc/hosts"))
                let missing = try await Self.docker("cp", "files:/nosuch", copy.string)
                #expect(missing.code == 1 && missing.error.contains("/nosuch"))
                #expect(try await Self.docker("cp", "files:/etc", copy.string).error.contains("is a folder"))
                #expect(try await Self.docker("export", "files", "-o", copy.string).error.contains("not supported yet"))
            }
        }

        @Test("processes and figures are told")
        func figures() async throws {
            try await Self.with("busy", ["-m", "128m"], ["sh", "-c", "sleep 1000 & sleep 2000"]) {
                let top = try await Self.docker("top", "busy").output
                for command in ["sleep 1000", "sleep 2000"] { #expect(top.contains(command), "\(top)") }
                let format = "{{.Name}} {{.PIDs}} {{.MemUsage}}"
                let stats = try await Self.docker("stats", "--no-stream", "--format", format, "busy").line
                #expect(stats.hasPrefix("busy 2 "), "\(stats)")
                #expect(stats.hasSuffix(" / 128MiB"), "\(stats)")
            }
        }
    }
}
