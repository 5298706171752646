import Foundation
import SystemPackage
import Testing

extension EndToEnd {
    /// A container's whole life: started again, stopped, paused, and what survives.
    @Suite struct LifeTests {
        private static let idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done"

        @Test("changes, the log and the terminal's size survive a stop and a start, and the exit code is told")
        func startAgain() async throws {
            try await withNode { node in
                let script = "cat /data 2>/dev/null || echo first; echo kept > /data; exec sh -c \"\(Self.idle)\""
                try await node.succeed("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
                try await eventually("its output") { try await node.succeed("logs", "box") == "first" }
                #expect(try await node.succeed("stop", "box") == "box")
                #expect(try await node.status(of: "box").contains("Exited (0) "))
                #expect(try await node.succeed("stop", "box") == "box", "it does not run, which is what was asked for")
                for _ in 0..<2 {
                    #expect(try await node.succeed("start", "box") == "box")
                    #expect(try await node.status(of: "box").contains(" Up "))
                    #expect(try await node.succeed("start", "box") == "box")
                    #expect(try await node.succeed("exec", "box", "cat", "/data") == "kept")
                    try await node.succeed("restart", "-t", "20", "box")
                    #expect(try await node.succeed("exec", "box", "cat", "/data") == "kept")
                    try await node.succeed("stop", "box")
                }
                #expect(try await node.succeed("logs", "box") == "first\nkept\nkept\nkept\nkept")
                #expect(FileManager.default.fileExists(atPath: try disk(of: "box", node).string))
                try await node.succeed("rm", "box")
                #expect(try pods(node).isEmpty)
            }
        }

        @Test("a container that ended by itself starts again attached, with its output, its input and its code")
        func startAttached() async throws {
            try await withNode { node in
                let script = "read line; echo got $line; echo x >> /count; exit $(wc -l < /count)"
                let first = try await node.running("run", "-i", "--name", "box", "busybox", "sh", "-c", script) {
                    try await $0.write("one\n")
                    try await $0.finishInput()
                }
                #expect(first.output == "got one\n" && first.code == 1)
                let again = try await node.running("start", "-a", "-i", "box") {
                    try await $0.write("two\n")
                    try await $0.finishInput()
                }
                #expect(again.output == "got two\n" && again.code == 2)
                #expect(try await node.succeed("logs", "box") == "got one\ngot two")
            }
        }

        @Test("after a machine was killed amid writing, its disk recovers and has what was synced")
        func journal() async throws {
            try await withNode { node in
                let script = """
                    [ -e /synced ] || { dd if=/dev/urandom of=/synced bs=1k count=300 2>/dev/null; md5sum /synced > /sum; sync; }
                    md5sum -c /sum; i=0
                    while :; do i=$((i+1)); mkdir -p /d/$((i%50)); echo $i > /d/$((i%50))/f; rm -rf /d/$(((i+7)%50)); done
                    """
                try await node.succeed("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
                for round in 1...3 {
                    try await eventually("its file", within: .seconds(60)) {
                        try await node.apus("logs", "box").lines.count == round
                    }
                    try await Task.sleep(for: .milliseconds(300 * round))
                    let machine = try #require(machines(node).first)
                    #expect(kill(machine.pid, SIGKILL) == 0)
                    try await eventually("its end") { try await node.status(of: "box").contains("Exited (125)") }
                    try await node.succeed("start", "box")
                }
                try await eventually("its file", within: .seconds(60)) {
                    try await node.apus("logs", "box").lines.count == 4
                }
                #expect(try await node.apus("logs", "box").lines == Array(repeating: "/synced: OK", count: 4))
                try await node.succeed("rm", "-f", "box")
            }
        }

        @Test("a full disk is an error of the container's alone")
        func full() async throws {
            try await withNode { node in
                // The disk is full of holes on this side: 10 GiB inside, and what was written outside.
                let script =
                    "dd if=/dev/zero of=/a bs=1M count=20 2>/dev/null; fallocate -l 20G /b; echo code $?; sync; df -k / | tail -1"
                let finished = try await node.apus("run", "--name", "box", "busybox", "sh", "-c", script)
                #expect(finished.code == 0)
                #expect(finished.lines.first == "code 1")
                #expect(finished.error.contains("No space left on device"))
                let blocks = try FileManager.default.attributesOfItem(atPath: try disk(of: "box", node).string)
                #expect(blocks[.size] as? Int == 10 << 30)
            }
        }

        @Test("a process that ignores the signal is killed when its time is over, and another signal can be chosen")
        func escalation() async throws {
            try await withNode { node in
                let stubborn = "trap '' TERM; echo up; while :; do sleep 0.1; done"
                try await node.succeed("run", "-d", "--name", "stubborn", "busybox", "sh", "-c", stubborn)
                try await eventually("the trap") { try await node.succeed("logs", "stubborn") == "up" }
                try await node.succeed("stop", "-t", "1", "stubborn")
                #expect(try await node.status(of: "stubborn").contains("Exited (137)"))
                let polite = "trap 'exit 9' USR1; echo up; while :; do sleep 0.1; done"
                try await node.succeed(
                    "run",
                    "-d",
                    "--name",
                    "polite",
                    "--stop-signal",
                    "USR1",
                    "--stop-timeout",
                    "60",
                    "busybox",
                    "sh",
                    "-c",
                    polite
                )
                try await eventually("the trap") { try await node.succeed("logs", "polite") == "up" }
                try await node.succeed("stop", "polite")
                #expect(try await node.status(of: "polite").contains("Exited (9)"))
            }
        }

        @Test("a stop ends the command that is attached, with the container's code")
        func stopAttached() async throws {
            try await withNode { node in
                let script = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.1; done"
                let finished = try await node.running("run", "--name", "box", "busybox", "sh", "-c", script) {
                    try await $0.waitForOutput("up")
                    try await node.succeed("stop", "box")
                }
                #expect(finished.output == "up\nbye\n")
                #expect(finished.code == 7)
            }
        }

        @Test("a paused container stands still, says so, refuses new processes, and goes on where it was")
        func pause() async throws {
            try await withNode { node in
                let script = "i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done"
                try await node.succeed("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
                try await eventually("some output") { try await node.apus("logs", "box").lines.count > 2 }
                try await node.succeed("pause", "box")
                #expect(try await node.status(of: "box").contains(" (Paused) "))
                try await Task.sleep(for: .milliseconds(300))
                let count = try await node.apus("logs", "box").lines.count
                try await Task.sleep(for: .milliseconds(500))
                #expect(try await node.apus("logs", "box").lines.count == count)
                for refused in [["pause", "box"], ["start", "box"], ["exec", "box", "true"], ["attach", "box"]] {
                    let finished = try await node.command(refused).run()
                    #expect(finished.code != 0 && finished.error.contains("paused"), "\(refused): \(finished.error)")
                }
                try await node.succeed("unpause", "box")
                try await eventually("more output") { try await node.apus("logs", "box").lines.count > count }
                let lines = try await node.apus("logs", "box").lines
                #expect(lines == (0..<lines.count).map { "\($0)" })
                #expect(try await node.apus("unpause", "box").error.contains("is not paused"))
                try await node.succeed("pause", "box")
                // The first process of a container ignores a signal that it has no handler for.
                try await node.succeed("stop", "-t", "1", "box")
                #expect(try await node.status(of: "box").contains("Exited (137)"))
            }
        }

        @Test("who waits gets the exit codes, of containers that end and of those that have")
        func wait() async throws {
            try await withNode { node in
                let script = "while [ ! -e /go ]; do sleep 0.05; done; exit 6"
                try await node.succeed("run", "-d", "--name", "slow", "busybox", "sh", "-c", script)
                try await node.apus("run", "--name", "done", "busybox", "sh", "-c", "exit 3")
                let finished = try await node.running("wait", "done", "slow", "nobody") {
                    try await $0.waitForOutput("3")
                    try await node.succeed("exec", "slow", "touch", "/go")
                }
                #expect(finished.lines == ["3", "6"])
                #expect(finished.code == 1 && finished.error.contains("no container \"nobody\""))
            }
        }

        @Test("a container is renamed, running or not, to what is free")
        func rename() async throws {
            try await withNode { node in
                try await node.succeed("run", "-d", "--name", "one", "busybox", "sleep", "100000")
                try await node.succeed("run", "--name", "two", "busybox", "true")
                let refused = try await node.apus("rename", "one", "two")
                #expect(refused.code == 1 && refused.error.contains("the name \"two\" is taken by container"))
                #expect(try await node.apus("rename", "one", "a b").error.contains("is no name for a container"))
                try await node.succeed("rename", "one", "three")
                #expect(try await node.status(of: "three").contains(" Up "))
                #expect(try await node.apus("exec", "one", "true").error.contains("no container \"one\""))
                try await node.succeed("rename", "two", "one")
                try await node.succeed("start", "one")
                try await node.succeed("rm", "-f", "three")
            }
        }

        private func disk(of name: String, _ node: Node) throws -> FilePath {
            let link = node.root.appending("pod-names").appending(name).string
            let id = try FileManager.default.destinationOfSymbolicLink(atPath: link)
            return node.root.appending("pods").appending(id).appending("changes.ext4")
        }

        private func pods(_ node: Node) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: node.root.appending("pods").string)
        }

        private func machines(_ node: Node) -> [Leaks.Process] {
            Leaks.processes(of: node.folder).filter { $0.command.contains("qemu-system") }
        }
    }
}
