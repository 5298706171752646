import Foundation
import SystemPackage
import Testing

extension EndToEnd {
    /// Containers in the background, by the real docker command.
    @Suite(.enabled(if: EngineNode.hasDocker, "the docker command is not installed (docker.io)"), EngineNode())
    struct EngineLifeTests {
        private static func docker(_ arguments: String...) async throws -> Finished {
            try await EngineNode.command(arguments).run()
        }

        /// A container that sleeps; it ends at once when it is asked to.
        private static func sleeper(_ name: String, _ options: [String] = []) async throws {
            let script = "trap 'echo term; exit 5' TERM; echo start; while :; do sleep 0.1; done"
            let finished = try await EngineNode.command(
                ["run", "-d", "--name", name] + options + ["busybox", "sh", "-c", script]
            ).run()
            try #require(finished.code == 0, "\(finished.error)")
            // Before it has its handler the first process of a container ignores the signal.
            try await eventually("its handler") { try await docker("logs", name).line == "start" }
        }

        private static func state(_ name: String, _ format: String = "{{.State.Status}}") async throws -> String {
            try await docker("inspect", "-f", format, name).line
        }

        @Test("a container stops, starts, restarts, is killed, waited for and removed")
        func life() async throws {
            try await Self.sleeper("life")
            #expect(try await Self.docker("stop", "life").line == "life")
            #expect(try await Self.state("life", "{{.State.Status}} {{.State.ExitCode}}") == "exited 5")
            #expect(try await Self.docker("logs", "life").lines == ["start", "term"])
            #expect(try await Self.docker("start", "life").line == "life")
            #expect(try await Self.state("life", "{{.State.Running}}") == "true")
            #expect(try await Self.docker("restart", "-t", "2", "life").line == "life")
            #expect(try await Self.docker("rm", "life").error.contains("stop the container before removing"))
            #expect(try await Self.docker("kill", "-s", "KILL", "life").line == "life")
            #expect(try await Self.docker("wait", "life").line == "137")
            #expect(try await Self.docker("kill", "life").error.contains("is not running"))
            #expect(try await Self.docker("rm", "life").line == "life")
            #expect(try await Self.docker("inspect", "life").code == 1)
        }

        @Test("a container is paused and goes on")
        func pause() async throws {
            try await Self.sleeper("still")
            #expect(try await Self.docker("pause", "still").line == "still")
            #expect(try await Self.state("still") == "paused")
            #expect(
                try await Self.docker("ps", "--filter", "name=still", "--format", "{{.Status}}").line.hasSuffix(
                    "(Paused)"
                )
            )
            #expect(try await Self.docker("exec", "still", "true").error.contains("is paused"))
            #expect(try await Self.docker("unpause", "still").line == "still")
            #expect(try await Self.docker("exec", "still", "echo", "on").line == "on")
            try await Self.docker("rm", "-f", "still").expectSuccess()
        }

        @Test("names change, and are nobody else's")
        func rename() async throws {
            try await Self.sleeper("before")
            try await Self.docker("rename", "before", "after").expectSuccess()
            #expect(try await Self.state("after", "{{.Name}}") == "/after")
            let taken = try await Self.docker("create", "--name", "after", "busybox", "true")
            #expect(taken.code == 1)
            #expect(taken.error.contains("is taken by container"))
            let id = try await Self.state("after", "{{.Id}}")
            for name in [id, String(id.prefix(12)), "/after"] { #expect(try await Self.state(name, "{{.Id}}") == id) }
            try await Self.docker("rm", "-f", "after").expectSuccess()
        }

        @Test("what does not exist is a 404 for every command")
        func missing() async throws {
            for arguments in [
                ["start"], ["stop"], ["kill"], ["pause"], ["logs"], ["exec", "-i"], ["top"], ["wait"], ["diff"],
            ] {
                let tail = arguments[0] == "exec" ? ["nosuch", "true"] : ["nosuch"]
                let finished = try await EngineNode.command(arguments + tail).run()
                #expect(finished.code != 0)
                #expect(finished.error.contains("No such container: nosuch"), "\(arguments): \(finished.error)")
            }
        }

        @Test("inspect tells what the container was told")
        func inspect() async throws {
            try await EngineNode.docker(
                "create",
                "--name",
                "told",
                "-e",
                "A=b",
                "-l",
                "k=v",
                "-m",
                "64m",
                "--restart",
                "on-failure:3",
                "-h",
                "web",
                "--read-only",
                "--stop-signal",
                "INT",
                "configured",
                "arg"
            )
            let fields = [
                "{{.Config.Hostname}}": "web", "{{.HostConfig.Memory}}": "67108864", "{{.Config.Labels.k}}": "v",
                "{{json .HostConfig.RestartPolicy}}": #"{"Name":"on-failure","MaximumRetryCount":3}"#,
                "{{.HostConfig.ReadonlyRootfs}}": "true", "{{json .Config.Cmd}}": #"["arg"]"#,
                "{{json .Config.Entrypoint}}": #"["list","entry"]"#, "{{.Config.User}}": "app", "{{.Path}}": "list",
                "{{json .Args}}": #"["entry","arg"]"#, "{{.State.Status}}": "created",
                "{{.Config.WorkingDir}}": "/home/app",
                "{{json .Config.Env}}": #"["A=b","GREETING=hello","PLACE=image"]"#, "{{.State.ExitCode}}": "0",
                "{{.HostConfig.NetworkMode}}": "default", "{{.State.StartedAt}}": "0001-01-01T00:00:00Z",
                "{{len .Mounts}}": "0", "{{.RestartCount}}": "0", "{{.Config.Image}}": "configured",
            ]
            for (format, value) in fields { #expect(try await Self.state("told", format) == value, "\(format)") }
            try await Self.docker("rm", "told").expectSuccess()
        }

        @Test("lists are filtered and formatted")
        func list() async throws {
            try await Self.sleeper("listed", ["-l", "tier=front"])
            try await Self.docker("create", "--name", "idle", "-l", "tier=back", "busybox", "true").expectSuccess()
            let cases: [([String], [String])] = [
                (["--filter", "label=tier"], ["listed"]), (["-a", "--filter", "label=tier"], ["idle", "listed"]),
                (["-a", "--filter", "label=tier=back"], ["idle"]), (["--filter", "status=created"], ["idle"]),
                (["-a", "--filter", "name=list"], ["listed"]), (["-a", "--filter", "name=^/idle$"], ["idle"]),
                (["-a", "--filter", "since=listed"], ["idle"]),
                (["-a", "--filter", "before=listed", "--filter", "label=tier"], []),
                (["-n", "1"], ["idle"]), (["--filter", "ancestor=busybox", "--filter", "label=tier"], ["listed"]),
                (["-a", "--filter", "health=none", "--filter", "label=tier=back"], ["idle"]),
            ]
            for (options, names) in cases {
                let finished = try await EngineNode.command(["ps", "--format", "{{.Names}}"] + options).run()
                #expect(finished.lines == names, "\(options): \(finished.error)")
            }
            #expect(try await Self.docker("ps", "--filter", "bogus=1").error.contains("invalid filter"))
            let row = try await Self.docker(
                "ps",
                "-a",
                "--filter",
                "name=idle",
                "--format",
                "{{.Image}} {{.Status}} {{.State}}"
            )
            #expect(row.line == "busybox Created created")
            try await Self.docker("rm", "-f", "listed", "idle").expectSuccess()
        }

        @Test("prune removes what has ended and nothing else")
        func prune() async throws {
            try await Self.sleeper("stays")
            try await Self.docker("run", "--name", "ended", "busybox", "true").expectSuccess()
            let pruned = try await Self.docker("container", "prune", "-f")
            #expect(pruned.output.contains("Deleted Containers:"))
            #expect(try await Self.docker("inspect", "ended").code == 1)
            #expect(try await Self.state("stays") == "running")
            try await Self.docker("rm", "-f", "stays").expectSuccess()
        }

        @Test("a container starts again as its policy says, and what it wrote is there")
        func restarts() async throws {
            let script = "echo run >> /runs; cat /runs | wc -l; exit 1"
            try await Self.docker(
                "run",
                "-d",
                "--name",
                "again",
                "--restart",
                "on-failure:2",
                "busybox",
                "sh",
                "-c",
                script
            ).expectSuccess()
            try await eventually("its last end", within: .seconds(60)) {
                try await Self.state("again", "{{.RestartCount}} {{.State.Status}}") == "2 exited"
            }
            #expect(try await Self.docker("logs", "again").lines == ["1", "2", "3"])
            try await Self.docker("rm", "again").expectSuccess()
        }
    }
}

extension Finished {
    /// Notes a failure with what the command said.
    func expectSuccess() { #expect(code == 0, "\(error)") }
}
