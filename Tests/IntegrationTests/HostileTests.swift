import Foundation
import Testing

extension EndToEnd {
    @Suite struct HostileTests {
        @Test("a fork bomb stays in its machine, and can be killed")
        func forkBomb() async throws {
            try await withNode { node in
                let before = processCount()
                let bomb = "f() { f | f & }; f; sleep 1000"
                try await node.succeed("run", "-d", "--name", "bomb", "busybox", "sh", "-c", bomb)
                // Beside it, another container does its work.
                #expect(try await node.succeed("run", "--rm", "busybox", "echo", "unharmed") == "unharmed")
                #expect(processCount() < before + 20)
                try await node.succeed("kill", "bomb")
                try await eventually("the bomb's end") { try await node.status(of: "bomb").contains("Exited (137)") }
                try await node.succeed("rm", "bomb")
            }
        }

        private func processCount() -> Int {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return names.count { Int($0) != nil }
        }

        @Test("a memory hog is killed at its limit, and the list says why")
        func memoryHog() async throws {
            try await withNode { node in
                let hog = "x=a; while :; do x=$x$x; done"
                let finished = try await node.apus("run", "--name", "hog", "-m", "64m", "busybox", "sh", "-c", hog)
                #expect(finished.code == 137)
                #expect(try await node.status(of: "hog").contains("(out of memory)"))
            }
        }

        @Test("a memory hog without a limit is killed when its machine is full, and the list says why")
        func unlimitedHog() async throws {
            try await withNode { node in
                let hog = "x=a; while :; do x=$x$x; done"
                let finished = try await node.apus("run", "--name", "hog", "busybox", "sh", "-c", hog)
                #expect(finished.code == 137)
                #expect(try await node.status(of: "hog").contains("(out of memory)"))
            }
        }

        @Test("removing everything inside harms neither the image nor other containers")
        func removeEverything() async throws {
            try await withNode { node in
                try await node.succeed("run", "-d", "--name", "other", "busybox", "sleep", "100")
                let finished = try await node.apus("run", "--rm", "busybox", "rm", "-rf", "/bin", "/etc", "/home", "/")
                #expect(finished.code != 125)
                #expect(try await node.succeed("exec", "other", "ls", "/bin/busybox") == "/bin/busybox")
                #expect(try await node.succeed("run", "--rm", "busybox", "echo", "whole") == "whole")
            }
        }

        @Test("a container that ignores every signal it can is killed all the same")
        func deaf() async throws {
            try await withNode { node in
                let script = "trap '' TERM INT HUP QUIT USR1; echo up; while :; do sleep 1; done"
                let finished = try await node.running("run", "--name", "deaf", "busybox", "sh", "-c", script) {
                    try await $0.waitForOutput("up")
                    try await node.succeed("kill", "-s", "TERM", "deaf")
                    #expect(try await node.status(of: "deaf").contains(" Up "))
                    try await node.succeed("kill", "deaf")
                }
                #expect(finished.code == 137)
            }
        }

        @Test("a full root file system is the container's matter: others run, and it goes on")
        func fullDisk() async throws {
            try await withNode { node in
                let script = "dd if=/dev/zero of=/big bs=1M count=4000 2>&1 | tail -n 1; rm /big; echo still here"
                let finished = try await node.apus("run", "--name", "filler", "busybox", "sh", "-c", script)
                #expect(finished.code == 137 || finished.output.contains("still here"))
            }
        }
    }
}
