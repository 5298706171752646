import Foundation
import Testing

extension EndToEnd {
    @Suite struct CrashTests {
        @Test("a container outlives the command that started it")
        func commandDies() async throws {
            try await withNode { node in
                let script = "trap 'exit 8' TERM; i=0; while :; do echo line $i; i=$((i+1)); sleep 0.1; done"
                let finished = try await node.running("run", "--name", "survivor", "busybox", "sh", "-c", script) {
                    try await $0.waitForOutput("line 2")
                    $0.signal(SIGKILL)
                }
                #expect(finished.code == 137)
                #expect(try await node.status(of: "survivor").contains(" Up "))
                let attached = try await node.running("attach", "survivor") {
                    try await $0.waitForOutput("line")
                    try await node.succeed("kill", "-s", "TERM", "survivor")
                }
                #expect(attached.code == 8)
                expectSequence(try await node.apus("logs", "survivor").lines)
            }
        }

        @Test("an attendant that dies is replaced, and the log has every line exactly once")
        func attendantDies() async throws {
            try await withNode { node in
                let script =
                    "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); [ $((i % 10)) != 0 ] || sleep 0.01; done"
                try await node.succeed("run", "-d", "--name", "writer", "busybox", "sh", "-c", script)
                for _ in 0..<3 {
                    let attendant = try await self.attendant(node)
                    let size = try await node.apus("logs", "writer").lines.count
                    #expect(kill(attendant, SIGKILL) == 0)
                    _ = try await node.apus("ps")
                    try await eventually("the log to grow again") {
                        let lines = try await node.apus("logs", "writer").lines.count
                        return lines > size || lines == 3000
                    }
                }
                try await eventually("its end") { try await node.status(of: "writer").contains("Exited (0)") }
                let lines = try await node.apus("logs", "writer").lines
                #expect(lines.count == 3000)
                expectSequence(lines)
            }
        }

        @Test("the exit code of a container that ended unattended is found")
        func endsUnattended() async throws {
            try await withNode { node in
                let script = "while [ ! -e /go ]; do sleep 0.05; done; sleep 0.5; echo last words; exit 9"
                try await node.succeed("run", "-d", "--name", "alone", "busybox", "sh", "-c", script)
                try await node.succeed("exec", "alone", "touch", "/go")
                #expect(kill(try await attendant(node), SIGKILL) == 0)
                // Nobody is there to tell when it ends; it takes half a second.
                try await Task.sleep(for: .seconds(1.5))
                try await eventually("its end") { try await node.status(of: "alone").contains("Exited (9)") }
                #expect(try await node.succeed("logs", "alone") == "last words")
            }
        }

        @Test("a machine that is killed is one clear line and 125, and leaves nothing")
        func machineDies() async throws {
            try await withNode { node in
                let finished = try await node.running(
                    "run",
                    "--name",
                    "lost",
                    "busybox",
                    "sh",
                    "-c",
                    "echo up; sleep 100"
                ) {
                    try await $0.waitForOutput("up")
                    let machine = try #require(
                        Leaks.processes(of: node.folder).first { $0.command.contains("qemu-system") }
                    )
                    #expect(kill(machine.pid, SIGKILL) == 0)
                }
                #expect(finished.code == 125)
                #expect(finished.errorLines.count == 1)
                #expect(finished.error.hasPrefix("apus: container lost lost its machine"))
                #expect(try await node.status(of: "lost").contains("Exited (125)"))
                try await eventually("the last process to end") { Leaks.processes(of: node.folder).isEmpty }
                try await node.succeed("rm", "lost")
            }
        }

        @Test("a machine that is killed while it boots is one clear line and 125")
        func machineDiesEarly() async throws {
            try await withNode { node in
                let finished = try await node.running("run", "--rm", "busybox", "true") { _ in
                    try await eventually("the machine") {
                        Leaks.processes(of: node.folder).contains { $0.command.contains("qemu-system") }
                    }
                    for process in Leaks.processes(of: node.folder) where process.command.contains("qemu-system") {
                        #expect(kill(process.pid, SIGKILL) == 0)
                    }
                }
                #expect(finished.code == 125)
                #expect(finished.errorLines.count == 1)
                #expect(finished.error.hasPrefix("apus: "))
            }
        }

        @Test("after everything was killed the list tells the truth, and what was is removed")
        func everythingDies() async throws {
            try await withNode { node in
                try await node.succeed("run", "-d", "--name", "kept", "busybox", "sleep", "100")
                try await node.succeed("run", "-d", "--rm", "--name", "fleeting", "busybox", "sleep", "100")
                for process in Leaks.processes(of: node.folder) { _ = kill(process.pid, SIGKILL) }
                try await eventually("all processes to end") { Leaks.processes(of: node.folder).isEmpty }
                #expect(try await node.status(of: "kept").contains("Exited ("))
                #expect(try await node.succeed("ps", "-q") == "")
                #expect(!(try await node.succeed("ps", "-a").contains("fleeting")))
                try await node.succeed("rm", "kept")
            }
        }

        @Test("a command that is killed while its container starts leaves none that nobody knows")
        func commandDiesEarly() async throws {
            try await withNode { node in
                let finished = try await node.running("run", "--rm", "--name", "early", "busybox", "true") { command in
                    try await eventually("the attendant") {
                        Leaks.processes(of: node.folder).contains { $0.command.contains(" attend ") }
                    }
                    command.signal(SIGKILL)
                }
                #expect(finished.code == 137)
                try await eventually("the container to end") { try await node.succeed("ps", "-aq") == "" }
            }
        }

        private func attendant(_ node: Node) async throws -> Int32 {
            try await eventually("an attendant") { Leaks.attendant(of: node.folder) != nil }
            return try #require(Leaks.attendant(of: node.folder)).pid
        }

        private func expectSequence(_ lines: [String], sourceLocation: SourceLocation = #_sourceLocation) {
            let wrong = lines.enumerated().first { $1 != "line \($0)" }
            #expect(wrong == nil, sourceLocation: sourceLocation)
        }
    }
}
