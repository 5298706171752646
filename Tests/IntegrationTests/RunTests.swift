import Foundation
import Testing

extension EndToEnd {
    @Suite struct RunTests {
        @Test(
            "a container's end becomes the command's exit code",
            arguments: [
                ("exit 7", 7), ("exit 0", 0), ("exec nope", 127), ("sleep 100 & kill -TERM $!; wait $!", 143),
            ]
        )
        func exitCode(script: String, code: Int32) async throws {
            try await withNode { node in
                let finished = try await node.apus("run", "--rm", "busybox", "sh", "-c", script)
                #expect(finished.code == code)
            }
        }

        @Test("a command that is not in the image ends with 127 and one line that names it")
        func commandNotFound() async throws {
            try await withNode { node in
                let finished = try await node.apus("run", "--rm", "busybox", "nope")
                #expect(finished.code == 127)
                #expect(finished.errorLines.count == 1)
                #expect(finished.error.contains("\"nope\" not found"))
            }
        }

        @Test(
            "a command that cannot be executed ends with 126 and one line that names it",
            arguments: ["/etc/passwd", "/etc", "/bin/broken"]
        )
        func commandNotExecutable(command: String) async throws {
            try await withNode { node in
                let finished = try await node.apus("run", "--rm", "busybox", command)
                #expect(finished.code == 126)
                #expect(finished.errorLines.count == 1)
                #expect(finished.error.contains(command))
            }
        }

        @Test("a container that a signal killed ends with 128 and the signal")
        func killed() async throws {
            try await withNode { node in
                let finished = try await node.running(
                    "run",
                    "--name",
                    "victim",
                    "busybox",
                    "sh",
                    "-c",
                    "echo up; sleep 100"
                ) {
                    try await $0.waitForOutput("up")
                    try await node.succeed("kill", "victim")
                }
                #expect(finished.code == 137)
                #expect(try await node.status(of: "victim").contains("Exited (137)"))
            }
        }

        @Test("a signal to the command reaches the container's process")
        func signalIsForwarded() async throws {
            try await withNode { node in
                let script = "trap 'echo caught; exit 3' TERM; echo up; while :; do sleep 0.1; done"
                let finished = try await node.running("run", "--rm", "busybox", "sh", "-c", script) {
                    try await $0.waitForOutput("up")
                    $0.signal(SIGTERM)
                }
                #expect(finished.code == 3)
                #expect(finished.lines == ["up", "caught"])
            }
        }

        @Test("--rm leaves no container, and its absence leaves one")
        func autoRemove() async throws {
            try await withNode { node in
                try await node.succeed("run", "--rm", "--name", "gone", "busybox", "true")
                try await node.succeed("run", "--name", "kept", "busybox", "true")
                let list = try await node.succeed("ps", "-a")
                #expect(!list.contains("gone"))
                #expect(try await node.status(of: "kept").contains("Exited (0)"))
            }
        }

        @Test("a name that is taken is refused before anything starts")
        func nameConflict() async throws {
            try await withNode { node in
                try await node.succeed("run", "-d", "--name", "twin", "busybox", "sleep", "100")
                let finished = try await node.apus("run", "--name", "twin", "busybox", "true")
                #expect(finished.code == 125)
                #expect(finished.errorLines.count == 1)
                #expect(finished.error.hasPrefix("apus: the name \"twin\" is taken by container"))
            }
        }

        @Test("limits of memory and processor time are those of the container's cgroup")
        func limits() async throws {
            try await withNode { node in
                let script = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max; nproc"
                let output = try await node.succeed(
                    "run",
                    "--rm",
                    "--memory",
                    "64m",
                    "--cpus",
                    "1.5",
                    "busybox",
                    "sh",
                    "-c",
                    script
                )
                #expect(output == "67108864\n150000 100000\n2")
            }
        }

        @Test("the host name is the user's, or the container's short id")
        func hostname() async throws {
            try await withNode { node in
                let script = "hostname; echo $HOSTNAME; cat /etc/hostname; grep -c \" *$(hostname)\" /etc/hosts"
                let named = try await node.succeed(
                    "run",
                    "--rm",
                    "--hostname",
                    "web.example",
                    "busybox",
                    "sh",
                    "-c",
                    script
                )
                #expect(named == "web.example\nweb.example\nweb.example\n1")
                let id = try await node.succeed("run", "-d", "--name", "plain", "busybox", "sleep", "100")
                #expect(try await node.succeed("exec", "plain", "hostname") == id.prefix(12))
            }
        }

        @Test("each machine has an id of its own, in the form of machine-id(5), and so does each boot")
        func machineID() async throws {
            try await withNode { node in
                let script = "cat /etc/machine-id; cat /proc/sys/kernel/random/boot_id"
                var lines: [[String]] = []
                for _ in 0..<2 {
                    let output = try await node.succeed("run", "--rm", "busybox", "sh", "-c", script)
                    lines.append(output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
                }
                for line in lines {
                    #expect(line.count == 2 && line[0].count == 32)
                    #expect(line[0].allSatisfy { "0123456789abcdef".contains($0) })
                }
                #expect(lines[0][0] != lines[1][0])
                #expect(lines[0][1] != lines[1][1])
            }
        }
    }
}
