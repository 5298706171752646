import Foundation
import Testing

extension EndToEnd {
    @Suite(Laboratory()) struct ExecTests {
        @Test(
            "a further command's end becomes the exit code",
            arguments: [("exit 9", 9), ("exit 0", 0), ("kill -9 $$", 137), ("kill -15 $$", 143)]
        )
        func exitCode(script: String, code: Int32) async throws {
            #expect(try await Laboratory.script(script).code == code)
        }

        @Test("a further command that is missing or no program is reported", arguments: [("nope", 127), ("/etc", 126)])
        func notRunnable(command: String, code: Int32) async throws {
            let finished = try await Laboratory.current().apus("exec", "lab", command)
            #expect(finished.code == code)
            #expect(finished.errorLines.count == 1)
            #expect(finished.error.contains(command))
        }

        @Test("a further command has its own variables, folder and user")
        func settings() async throws {
            let node = try Laboratory.current()
            let output = try await node.succeed(
                "exec",
                "-e",
                "A=b c",
                "-w",
                "/home/app",
                "-u",
                "app",
                "lab",
                "sh",
                "-c",
                "echo $A; pwd; id -un; id -Gn"
            )
            #expect(output == "b c\n/home/app\napp\napp staff")
        }

        @Test(
            "users and groups are names or numbers, looked up in the image",
            arguments: [
                ("app", "uid=1000(app) gid=1000(app) groups=2000(staff)"),
                ("1000", "uid=1000(app) gid=1000(app) groups=2000(staff)"),
                ("app:staff", "uid=1000(app) gid=2000(staff)"),
                ("1000:3000", "uid=1000(app) gid=3000(other)"),
                ("4321", "uid=4321 gid=0(root)"),
                ("4321:1234", "uid=4321 gid=1234"),
                ("root", "uid=0(root) gid=0(root) groups=3000(other)"),
            ]
        )
        func user(name: String, id: String) async throws {
            #expect(try await Laboratory.current().succeed("exec", "-u", name, "lab", "id") == id)
        }

        @Test("input reaches a further command with -i, and not without")
        func input() async throws {
            let node = try Laboratory.current()
            let input = try node.file("exec-input", Data("typed\n".utf8))
            #expect(try await node.apus("exec", "-i", "lab", "cat", input: input).output == "typed\n")
            #expect(try await node.apus("exec", "lab", "cat", input: input).output == "")
        }

        @Test("output and errors of a further command stay apart")
        func streams() async throws {
            let finished = try await Laboratory.script("echo out; echo err >&2")
            #expect(finished.output == "out\n")
            #expect(finished.error == "err\n")
        }

        @Test("many commands at once each get their own output and code")
        func manyAtOnce() async throws {
            let node = try Laboratory.current()
            let results = try await withThrowingTaskGroup(of: (Int32, Finished).self) { group in
                for number in Int32(1)...10 {
                    group.addTask {
                        let script = "for i in $(seq 300); do echo \(number) $i; done; exit \(number)"
                        return (number, try await node.apus("exec", "lab", "sh", "-c", script))
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for number in Int32(1)...10 {
                #expect(results[number]?.code == number)
                #expect(results[number]?.lines == (1...300).map { "\(number) \($0)" })
            }
        }

        @Test("a further command in the background outlives the call")
        func background() async throws {
            let node = try Laboratory.current()
            try await node.succeed("exec", "-d", "lab", "sh", "-c", "sleep 0.3; echo done >/tmp/background")
            try await eventually("the background command") {
                try await Laboratory.script("cat /tmp/background 2>/dev/null").line == "done"
            }
        }

        @Test(
            "a user or a folder that is not there is one line and no code of the command",
            arguments: [["-u", "ghost"], ["-w", "/nowhere/at/all"]]
        )
        func badSettings(options: [String]) async throws {
            let node = try Laboratory.current()
            let finished = try await node.command(["exec"] + options + ["lab", "true"]).run()
            #expect([1, 126, 127].contains(finished.code))
            #expect(finished.errorLines.count == 1)
            #expect(finished.error.hasPrefix("apus: "))
        }

        @Test("a container that is unknown or does not run takes no commands")
        func notRunning() async throws {
            let node = try Laboratory.current()
            let unknown = try await node.apus("exec", "ghost", "true")
            #expect(unknown.code == 1)
            #expect(unknown.error == "apus: no container \"ghost\" (list them with \"apus ps -a\")\n")
            try await node.succeed("run", "--name", "ended", "busybox", "true")
            let ended = try await node.apus("exec", "ended", "true")
            #expect(ended.code == 1)
            #expect(ended.error == "apus: container \"ended\" is not running (see \"apus ps -a\")\n")
            try await node.succeed("rm", "ended")
        }

        @Test("commands run while another client is attached to the container")
        func beside() async throws {
            try await withNode { node in
                let finished = try await node.running("run", "-i", "--name", "busy", "busybox", "cat") {
                    try await $0.write("one\n")
                    try await $0.waitForOutput("one")
                    #expect(try await node.succeed("exec", "busy", "echo", "beside") == "beside")
                    try await $0.write("two\n")
                    try await $0.finishInput()
                }
                #expect(finished.output == "one\ntwo\n")
                #expect(finished.code == 0)
            }
        }
    }
}
