import Foundation
import SystemPackage
import Testing

extension EndToEnd {
    /// Containers that start again by themselves, whatever dies around them.
    @Suite struct RestartTests {
        /// Counts its runs in its own file system, and fails until it has come to three.
        private static let third = "echo x >> /runs; n=$(wc -l < /runs); echo run $n; [ $n -ge 3 ]"
        private static let idle = "trap 'exit 0' TERM; echo up; while :; do sleep 0.1; done"

        @Test("what fails starts again with its changes until it succeeds")
        func onFailure() async throws {
            try await withNode { node in
                try await node.succeed(
                    "run",
                    "-d",
                    "--name",
                    "box",
                    "--restart",
                    "on-failure",
                    "busybox",
                    "sh",
                    "-c",
                    Self.third
                )
                #expect(try await node.succeed("wait", "box") == "0")
                #expect(try await node.succeed("logs", "box") == "run 1\nrun 2\nrun 3")
                #expect(try await node.status(of: "box").contains("Exited (0)"))
            }
        }

        @Test("what fails too often stays, and can be started anew")
        func most() async throws {
            try await withNode { node in
                let script = "echo x >> /runs; exit $(wc -l < /runs)"
                try await node.succeed(
                    "run",
                    "-d",
                    "--name",
                    "box",
                    "--restart",
                    "on-failure:1",
                    "busybox",
                    "sh",
                    "-c",
                    script
                )
                #expect(try await node.succeed("wait", "box") == "2")
                try await node.succeed("start", "box")
                #expect(try await node.succeed("wait", "box") == "4")
            }
        }

        @Test("a command that does not exist is not tried again")
        func notFound() async throws {
            try await withNode { node in
                let finished = try await node.apus("run", "--name", "box", "--restart", "always", "busybox", "nothing")
                #expect(finished.code == 127)
                #expect(try await node.status(of: "box").contains("Exited (127)"))
            }
        }

        @Test(
            "what always runs is listed while it waits, and ends when it is stopped or killed",
            arguments: [["stop", "box"], ["kill", "box"], ["rm", "-f", "box"]]
        )
        func always(end: [String]) async throws {
            try await withNode { node in
                try await node.succeed(
                    "run",
                    "-d",
                    "--name",
                    "box",
                    "--restart",
                    "always",
                    "busybox",
                    "sh",
                    "-c",
                    "exit 4"
                )
                // By its fifth end the wait is longer than a second.
                try await eventually("a longer wait", within: .seconds(60)) {
                    try await node.status(of: "box").contains("Restarting (4) 1 second")
                }
                #expect(try await node.succeed("ps", "-q") != "")
                #expect(try await node.command(end).run().code == 0)
                guard end[0] != "rm" else { return #expect(try await node.succeed("ps", "-aq") == "") }
                try await eventually("its end") { try await node.status(of: "box").contains("Exited (4)") }
                #expect(try await node.succeed("wait", "box") == "4")
            }
        }

        @Test("a policy and --rm exclude each other")
        func conflict() async throws {
            try await withNode { node in
                let finished = try await node.apus("run", "--rm", "--restart", "always", "busybox", "true")
                #expect(finished.code == 125)
                #expect(finished.error.contains("leave out --rm or --restart"))
                #expect(try await node.apus("run", "--restart", "often", "busybox", "true").code == 125)
            }
        }

        @Test("a machine that is killed is a reason to start again")
        func machineDies() async throws {
            try await withNode { node in
                try await node.succeed(
                    "run",
                    "-d",
                    "--name",
                    "box",
                    "--restart",
                    "always",
                    "busybox",
                    "sh",
                    "-c",
                    Self.idle
                )
                try await eventually("its output") { try await node.succeed("logs", "box") == "up" }
                let machine = try #require(
                    Leaks.processes(of: node.folder).first { $0.command.contains("qemu-system") }
                )
                #expect(kill(machine.pid, SIGKILL) == 0)
                try await eventually("its return", within: .seconds(60)) {
                    try await node.succeed("logs", "box") == "up\nup"
                }
                #expect(try await node.status(of: "box").contains(" Up "))
            }
        }

        @Test(
            "after the daemon was killed the next one knows all: what runs, is paused, or is about to start again",
            .timeLimit(.minutes(4))
        )
        func daemonDies() async throws {
            try await withNode { node in
                let counter = "i=0; while :; do echo $i; i=$((i+1)); usleep 50000; done"
                try await node.withDaemon("--pool", "0") { daemon in
                    try await node.succeed("run", "-d", "--name", "runs", "busybox", "sh", "-c", counter)
                    try await node.succeed("run", "-d", "--name", "paused", "busybox", "sh", "-c", counter)
                    try await node.succeed("pause", "paused")
                    try await node.succeed(
                        "run",
                        "-d",
                        "--name",
                        "again",
                        "--restart",
                        "always",
                        "busybox",
                        "sh",
                        "-c",
                        "echo x; exit 4"
                    )
                    try await eventually("a longer wait", within: .seconds(60)) {
                        try await node.status(of: "again").contains("Restarting (4) 1 second")
                    }
                    daemon.signal(SIGKILL)
                }
                let runs = try await node.apus("logs", "again").lines.count
                try await node.withDaemon("--pool", "0") { _ in
                    // No command gives them attendants of their own meanwhile: reading a log asks nobody.
                    try await eventually("a further start", within: .seconds(60)) {
                        try await node.apus("logs", "again").lines.count > runs
                    }
                    #expect(Leaks.attendant(of: node.folder) == nil)
                    #expect(try await node.status(of: "runs").contains(" Up "))
                    #expect(try await node.status(of: "paused").contains(" (Paused) "))
                    let count = try await node.apus("logs", "paused").lines.count
                    try await node.succeed("unpause", "paused")
                    for (name, least) in [("runs", 0), ("paused", count)] {
                        try await eventually("more output") { try await node.apus("logs", name).lines.count > least }
                        let lines = try await node.apus("logs", name).lines
                        #expect(lines == (0..<lines.count).map { "\($0)" })
                    }
                    #expect(Leaks.attendant(of: node.folder) == nil)
                    for name in ["runs", "paused", "again"] { try await node.succeed("rm", "-f", name) }
                }
            }
        }

        @Test("after everything was killed, as by a reboot, the daemon starts what is to run", .timeLimit(.minutes(4)))
        func reboot() async throws {
            try await withNode { node in
                let cases: [(name: String, policy: String, stopped: Bool, returns: Bool)] = [
                    ("always", "always", false, true), ("ended", "always", true, true),
                    ("unless", "unless-stopped", false, true), ("stopped", "unless-stopped", true, false),
                    ("no", "no", false, false),
                ]
                for (name, policy, stopped, _) in cases {
                    try await node.succeed(
                        "run",
                        "-d",
                        "--name",
                        name,
                        "--restart",
                        policy,
                        "busybox",
                        "sh",
                        "-c",
                        Self.idle
                    )
                    if stopped { try await node.succeed("stop", name) }
                }
                for process in Leaks.processes(of: node.folder) { _ = kill(process.pid, SIGKILL) }
                try await eventually("all processes to end") { Leaks.processes(of: node.folder).isEmpty }
                try await node.withDaemon("--pool", "0") { _ in
                    for (name, _, _, returns) in cases {
                        guard returns else { continue }
                        try await eventually("\(name)", within: .seconds(90)) {
                            try await node.apus("logs", name).lines.filter { $0 == "up" }.count == 2
                        }
                    }
                    for (name, _, _, returns) in cases {
                        #expect(try await node.status(of: name).contains(" Up ") == returns, "\(name)")
                    }
                    #expect(Leaks.attendant(of: node.folder) == nil)
                    for (name, _, _, _) in cases { try await node.succeed("rm", "-f", name) }
                }
            }
        }

        @Test(
            "whatever is killed while containers come and go, nothing is lost and nothing stays",
            .timeLimit(.minutes(4))
        )
        func chaos() async throws {
            try await withNode { node in
                let script = "echo x >> /runs; sync; echo run $(wc -l < /runs); \(Self.idle)"
                try await node.succeed("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
                var generator = SystemRandomNumberGenerator()
                for _ in 0..<6 {
                    let processes = Leaks.processes(of: node.folder)
                    if let victim = processes.randomElement(using: &generator) { _ = kill(victim.pid, SIGKILL) }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...400, using: &generator)))
                    _ = try await node.apus("stop", "-t", "2", "box")
                    try await node.succeed("start", "box")
                }
                try await eventually("its output") { try await node.apus("logs", "box").lines.last == "up" }
                let runs = try await node.apus("logs", "box").lines.filter { $0.hasPrefix("run ") }
                // A run that was killed before its first word left no line, and perhaps no mark.
                let numbers = runs.compactMap { Int($0.dropFirst(4)) }
                #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count, "\(runs)")
                #expect(Leaks.processes(of: node.folder).filter { $0.command.contains("qemu-system") }.count == 1)
                try await node.succeed("rm", "-f", "box")
            }
        }
    }
}
