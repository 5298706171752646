import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("child processes")
struct ChildProcessTests {
    @Test(
        "an exit code or a killing signal is reported",
        arguments: [("exit 7", ProcessExit.exited(7)), ("kill -9 $$", .signaled(9))]
    )
    func exitStatus(script: String, expected: ProcessExit) async throws {
        let child = try ChildProcess.spawn(SpawnPlan("/bin/sh", ["-c", script], environment: ["PATH=/bin"]))
        #expect(try await child.waitForExit(timeout: .seconds(10)) == expected)
        let alive = child.isAlive
        #expect(!alive)
    }

    @Test("a missing program is named in the error")
    func missingProgram() {
        let error = #expect(throws: LinuxError.self) { _ = try ChildProcess.spawn(SpawnPlan("/nonexistent/program")) }
        #expect(error?.errno == .noSuchFileOrDirectory)
        #expect(error?.stage == "start /nonexistent/program")
    }

    @Test("a missing working directory is told apart from a missing program")
    func missingDirectory() {
        var plan = SpawnPlan("/bin/true")
        plan.directory = "/nonexistent"
        let error = #expect(throws: LinuxError.self) { _ = try ChildProcess.spawn(plan) }
        #expect(error?.stage == "start /bin/true (enter its working directory)")
    }

    @Test("descriptors arrive under their numbers even when they trade places, and no other ones do")
    func descriptors() async throws {
        try await withTemporaryFolder { folder in
            let first = try OwnedFD.open(folder.appending("first"), .readWrite, options: .create)
            let second = try OwnedFD.open(folder.appending("second"), .readWrite, options: .create)
            var plan = SpawnPlan(
                "/bin/sh",
                ["-c", "echo one >/proc/$$/fd/$A; echo two >/proc/$$/fd/$B; exec ls -l /proc/self/fd >&2"]
            )
            plan.environment = ["PATH=/bin:/usr/bin", "A=\(second.rawValue)", "B=\(first.rawValue)"]
            let list = try OwnedFD.open(folder.appending("list"), .readWrite, options: .create)
            plan.descriptors = [
                .init(source: first.rawValue, target: second.rawValue),
                .init(source: second.rawValue, target: first.rawValue),
                .init(source: list.rawValue, target: 2),
            ]
            let child = try ChildProcess.spawn(plan)
            #expect(try await child.waitForExit(timeout: .seconds(10)) == .exited(0))
            #expect(try ProcFile.read(folder.appending("first")) == "one\n")
            #expect(try ProcFile.read(folder.appending("second")) == "two\n")
            let links = try ProcFile.read(folder.appending("list")).split(separator: "\n").filter {
                $0.contains("-> ") && !$0.contains("-> /proc")
            }
            #expect(links.count == 5, "0, 1, 2 and the two that were given: \(links)")
        }
    }

    @Test("options reach the program: session, limits, directory, no new privileges, huge pages")
    func options() async throws {
        try await withTemporaryFolder { folder in
            let output = try OwnedFD.open(folder.appending("out"), .readWrite, options: .create)
            var plan = SpawnPlan(
                "/bin/sh",
                ["-c", "ulimit -c; pwd; cat /proc/self/status; cut -d' ' -f6 /proc/$$/stat; echo $$"]
            )
            plan.environment = ["PATH=/bin:/usr/bin"]
            plan.descriptors = [.init(source: output.rawValue, target: 1)]
            (plan.newSession, plan.noNewPrivileges, plan.disableHugePages) = (true, true, true)
            plan.limits = [.core(0), .openFiles(64)]
            plan.directory = "/usr"
            let child = try ChildProcess.spawn(plan)
            #expect(try await child.waitForExit(timeout: .seconds(10)) == .exited(0))
            let lines = try ProcFile.read(folder.appending("out")).split(separator: "\n").map(String.init)
            #expect(lines.prefix(2) == ["0", "/usr"])
            #expect(lines.contains("NoNewPrivs:\t1"))
            #expect(lines.contains("THP_enabled:\t0"))
            #expect(lines.suffix(2).first == lines.last, "the child leads its session")
        }
    }
}

@Suite("process handles")
struct ProcessHandleTests {
    private static func sleeper() throws -> ProcessHandle {
        try ChildProcess.spawn(SpawnPlan("/bin/sleep", ["60"]))
    }

    @Test("a wait ends with its timeout, and the process can be killed afterwards, twice")
    func timeoutThenKill() async throws {
        let child = try Self.sleeper()
        #expect(try await child.waitForExit(timeout: .milliseconds(20)) == nil)
        let alive = child.isAlive
        #expect(alive)
        try child.kill()
        #expect(try await child.waitForExit(timeout: .seconds(10)) == .signaled(9))
        try child.kill()
    }

    @Test("a wait ends when its task is cancelled")
    func cancellation() async throws {
        let child = try Self.sleeper()
        let identity = child.identity
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let handle = try ProcessHandle.open(identity)
                    _ = try await handle?.waitForExit()
                }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        try child.kill()
        #expect(try await child.waitForExit(uncancellable: .seconds(10)) == .signaled(9))
    }

    @Test("a recorded process is recognised, and not mistaken for one that started at another time")
    func identity() async throws {
        let child = try Self.sleeper()
        let recorded = child.identity
        #expect(try Self.opens(recorded))
        #expect(try !Self.opens(ProcessIdentity(pid: recorded.pid, startTime: recorded.startTime + 1)))
        #expect(try !Self.opens(ProcessIdentity(pid: 0, startTime: 0)))
        try child.kill()
        _ = try await child.waitForExit(timeout: .seconds(10))
        #expect(try !Self.opens(recorded))
        #expect(!recorded.isAlive)
    }

    private static func opens(_ identity: ProcessIdentity) throws -> Bool {
        let handle = try ProcessHandle.open(identity)
        switch consume handle {
        case .some: return true
        case .none: return false
        }
    }
}
