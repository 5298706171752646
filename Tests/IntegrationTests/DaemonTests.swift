import Foundation
import SystemPackage
import Testing

extension EndToEnd {
    /// Containers that a daemon attends, and what happens when it comes and goes.
    @Suite struct DaemonTests {
        @Test("a daemon attends containers itself, and says nothing to their users")
        func attends() async throws {
            try await withNode { node in
                try await node.withDaemon { daemon in
                    let finished = try await node.apus("run", "--rm", "busybox", "sh", "-c", "echo out; exit 7")
                    #expect(finished.code == 7)
                    #expect(finished.output == "out\n")
                    #expect(finished.error == "")
                    try await node.succeed("run", "-d", "--name", "box", "busybox", "sleep", "100000")
                    #expect(Leaks.attendant(of: node.folder) == nil)
                    #expect(try await node.succeed("exec", "box", "echo", "hello") == "hello")
                    try await node.succeed("rm", "-f", "box")
                    _ = daemon
                }
            }
        }

        @Test(
            "containers outlive a daemon, however it ends, and go on with the next one at the byte",
            arguments: [SIGKILL, SIGTERM]
        )
        func outlived(signal: Int32) async throws {
            try await withNode { node in
                let script = "i=0; while [ $i -lt 400 ]; do echo line $i; i=$((i+1)); usleep 10000; done; exit 5"
                try await node.withDaemon { daemon in
                    try await node.succeed("run", "-d", "--name", "writer", "busybox", "sh", "-c", script)
                    try await eventually("some output") { try await !node.apus("logs", "writer").lines.isEmpty }
                    daemon.signal(signal)
                }
                #expect(try await node.status(of: "writer").contains("Up "))
                #expect(Leaks.attendant(of: node.folder) != nil)
                try await eventually("its end") { try await node.status(of: "writer").contains("Exited (5)") }
                let lines = try await node.apus("logs", "writer").lines
                #expect(lines == (0..<400).map { "line \($0)" })
            }
        }

        @Test("a container that a process attends is not taken from it by a daemon")
        func keepsItsAttendant() async throws {
            try await withNode { node in
                try await node.succeed("run", "-d", "--name", "box", "busybox", "sleep", "100000")
                try await node.withDaemon { _ in
                    let hello = try await node.succeed("exec", "box", "echo", "hello")
                    #expect(hello == "hello")
                    #expect(Leaks.attendant(of: node.folder) != nil)
                }
            }
        }

        @Test("a second daemon of a node is refused with one line, and the first goes on")
        func second() async throws {
            try await withNode { node in
                try await node.withDaemon { _ in
                    let finished = try await node.withDaemon { _ in }
                    #expect(finished.code == 1)
                    #expect(finished.errorLines.count == 1)
                    #expect(finished.error.contains("another apusd serves \(node.runRoot)"))
                    #expect(try await node.succeed("run", "--rm", "busybox", "echo", "hello") == "hello")
                }
            }
        }

        @Test("a daemon that dies while containers start loses none that was acknowledged", .timeLimit(.minutes(3)))
        func dies() async throws {
            try await withNode { node in
                for round in 0..<3 {
                    try await node.withDaemon { daemon in
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for number in 0..<3 {
                                group.addTask {
                                    let name = "box-\(round)-\(number)"
                                    let finished = try await node.apus(
                                        "run",
                                        "-d",
                                        "--name",
                                        name,
                                        "busybox",
                                        "sleep",
                                        "100000"
                                    )
                                    guard finished.code == 0 else { return }
                                    #expect(try await node.status(of: name).contains("Up "))
                                }
                            }
                            group.addTask {
                                try await Task.sleep(for: .milliseconds(150 * (round + 1)))
                                daemon.signal(SIGKILL)
                            }
                            try await group.waitForAll()
                        }
                    }
                    for name in try await node.apus("ps", "-aq").lines { try await node.apus("rm", "-f", name) }
                }
            }
        }
    }
}
