import Foundation
import SystemPackage
import Testing

extension EndToEnd {
    /// `docker run` and what goes with it, by the real docker command.
    @Suite(.enabled(if: EngineNode.hasDocker, "the docker command is not installed (docker.io)"), EngineNode())
    struct EngineRunTests {
        struct Case: Sendable, CustomTestStringConvertible {
            let arguments: [String]
            var code: Int32 = 0
            var output: String?
            var error: String?

            init(_ arguments: String..., code: Int32 = 0, output: String? = nil, error: String? = nil) {
                self.arguments = arguments
                self.code = code
                self.output = output
                self.error = error
            }

            var testDescription: String { arguments.joined(separator: " ") }
        }

        @Test(
            "containers get what docker run asks for",
            arguments: [
                Case("busybox", "echo", "hello", output: "hello\n"),
                Case("busybox", "sh", "-c", "echo out; echo err >&2; exit 3", code: 3, output: "out\n", error: "err\n"),
                Case("busybox", "nosuch", code: 127, error: "executable file not found in $PATH"),
                Case("busybox", "/etc", code: 126, error: "permission denied"),
                Case("-e", "A=b", "busybox", "sh", "-c", "echo $A", output: "b\n"),
                Case("-w", "/tmp", "-u", "1000:1000", "busybox", "sh", "-c", "pwd; id -u", output: "/tmp\n1000\n"),
                Case("-h", "myhost", "busybox", "hostname", output: "myhost\n"),
                Case("--entrypoint", "echo", "busybox", "entry", output: "entry\n"),
                Case("configured", output: "entry\none\ntwo\n"),
                Case("--entrypoint", "", "configured", "sh", "-c", "echo $GREETING", output: "hello\n"),
                Case("-m", "64m", "busybox", "cat", "/sys/fs/cgroup/memory.max", output: "67108864\n"),
                Case("--cpus", "1", "busybox", "cat", "/sys/fs/cgroup/cpu.max", output: "100000 100000\n"),
                Case("--pids-limit", "20", "busybox", "cat", "/sys/fs/cgroup/pids.max", output: "20\n"),
                Case("--read-only", "busybox", "touch", "/x", code: 1, error: "Read-only file system"),
                Case(
                    "--read-only",
                    "--tmpfs",
                    "/s:size=1m",
                    "busybox",
                    "sh",
                    "-c",
                    "touch /s/y && echo ok",
                    output: "ok\n"
                ),
                Case(
                    "--mount",
                    "type=tmpfs,dst=/s",
                    "busybox",
                    "sh",
                    "-c",
                    "mount | grep -c ' /s type tmpfs'",
                    output: "1\n"
                ),
                Case("--cap-drop", "ALL", "busybox", "chown", "1", "/tmp", code: 1, error: "not permitted"),
                Case("--cap-drop", "ALL", "--cap-add", "CHOWN", "busybox", "chown", "1", "/tmp"),
                Case("--ulimit", "nofile=100:200", "busybox", "sh", "-c", "ulimit -n", output: "100\n"),
                Case(
                    "--sysctl",
                    "net.ipv4.ip_forward=1",
                    "busybox",
                    "cat",
                    "/proc/sys/net/ipv4/ip_forward",
                    output: "1\n"
                ),
                Case("--domainname", "d.test", "busybox", "cat", "/proc/sys/kernel/domainname", output: "d.test\n"),
                Case("--add-host", "db:10.0.0.1", "busybox", "tail", "-1", "/etc/hosts", output: "10.0.0.1\tdb\n"),
                Case("--dns", "10.0.0.2", "busybox", "cat", "/etc/resolv.conf", output: "nameserver 10.0.0.2\n"),
                Case(
                    "--shm-size",
                    "16m",
                    "busybox",
                    "sh",
                    "-c",
                    "df /dev/shm | grep -o ' 16384 ' | head -1",
                    output: " 16384 \n"
                ),
                Case("--group-add", "4000", "busybox", "sh", "-c", "id -G | grep -o 4000", output: "4000\n"),
                Case(
                    "--privileged",
                    "busybox",
                    "grep",
                    "CapBnd",
                    "/proc/self/status",
                    output: "CapBnd:\t000001ffffffffff\n"
                ),
                Case("--init", "busybox", "echo", "x", output: "x\n", error: "HostConfig.Init has no effect"),
                Case("--network", "bridge", "busybox", "true", error: "HostConfig.NetworkMode"),
                Case("--cpu-shares", "5", "busybox", "true", error: "HostConfig.CpuShares"),
            ]
        )
        func run(_ sample: Case) async throws {
            let finished = try await EngineNode.command(["run", "--rm"] + sample.arguments).run()
            #expect(finished.code == sample.code, "\(finished.error)")
            if let output = sample.output { #expect(finished.output == output) }
            if let error = sample.error { #expect(finished.error.contains(error), "\(finished.error)") }
            if sample.code < 100, sample.error == nil { #expect(finished.error == "") }
        }

        @Test(
            "what cannot be honoured is refused by its name, and leaves nothing",
            arguments: [
                (["-v", "/tmp:/x", "busybox"], "HostConfig.Binds"), (["-v", "/x", "busybox"], "Volumes"),
                (["-p", "80:80", "busybox"], "HostConfig.PortBindings"), (["-P", "busybox"], "PublishAllPorts"),
                (["--network", "host", "busybox"], "HostConfig.NetworkMode"),
                (["--pid", "host", "busybox"], "PidMode"),
                (["--device", "/dev/null", "busybox"], "HostConfig.Devices"),
                (["--volumes-from", "x", "busybox"], "VolumesFrom"), (["--memory", "1m", "busybox"], "too small"),
                (["--cap-add", "NOSUCH", "busybox"], "NOSUCH"), (["--cpus", "999", "busybox"], "range of CPUs"),
                (["--restart", "always", "--rm", "busybox"], "onflicting options"),
                (["--name", "a b", "busybox"], "a b"), (["--security-opt", "label=user:x", "busybox"], "SecurityOpt"),
            ]
        )
        func refusals(arguments: [String], word: String) async throws {
            let finished = try await EngineNode.command(["run", "-d"] + arguments + ["true"]).run()
            #expect(finished.code == 125)
            #expect(finished.error.contains(word), "\(finished.error)")
        }

        @Test("input reaches the process whole, and its end too")
        func input() async throws {
            let lines = (0..<200_000).map(String.init).joined(separator: "\n")
            let file = try EngineNode.current().file("lines", Data(lines.utf8))
            let finished = try await EngineNode.docker("run", "-i", "--rm", "busybox", "cat", input: file)
            #expect(finished.code == 0)
            #expect(finished.bytes.count == lines.utf8.count)
            #expect((finished.output == lines) == true)
        }

        @Test("nothing of the output is lost, however short the life", arguments: 0..<5)
        func output(round: Int) async throws {
            let finished = try await EngineNode.docker("run", "--rm", "busybox", "seq", "1", "50000")
            #expect((finished.lines == (1...50_000).map(String.init)) == true)
        }

        @Test("Ctrl-C goes to the process as a signal")
        func interrupt() async throws {
            let script = "trap 'echo int; exit 4' INT; echo up; while :; do sleep 0.1; done"
            let finished = try await EngineNode.command(["run", "--rm", "busybox", "sh", "-c", script]).running {
                try await $0.waitForOutput("up")
                $0.signal(SIGINT)
            }
            #expect(finished.lines == ["up", "int"])
            #expect(finished.code == 4)
        }

        @Test("an image that is not there is a 404 that docker run answers with a pull")
        func missingImage() async throws {
            let finished = try await EngineNode.docker("run", "localhost:1/nosuch:1", "true")
            #expect(finished.code == 125)
            #expect(finished.error.contains("Unable to find image"))
        }

        @Test("a container can be made first and started with its streams later, again and again")
        func create() async throws {
            let made = try await EngineNode.docker(
                "create",
                "--name",
                "made",
                "-i",
                "busybox",
                "sh",
                "-c",
                "cat; exit 2"
            )
            #expect(made.line.count == 64)
            for text in ["one", "two"] {
                let file = try EngineNode.current().file(text, Data(text.utf8))
                let finished = try await EngineNode.docker("start", "-ai", "made", input: file)
                #expect(finished.output == text)
                #expect(finished.code == 2)
            }
            #expect(try await EngineNode.docker("rm", "made").line == "made")
        }

        @Test("a container in the background with --rm goes when it ends, and its exit code is told")
        func backgroundRemoved() async throws {
            try await EngineNode.docker("run", "-d", "--rm", "--name", "gone", "busybox", "sh", "-c", "sleep 1; exit 3")
            #expect(try await EngineNode.docker("wait", "gone").line == "3")
            try await eventually("its removal") {
                try await EngineNode.docker("ps", "-aq", "--filter", "name=^/gone$").line.isEmpty
            }
        }
    }
}
