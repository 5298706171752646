import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

@Suite("jail roots", .enabled(if: InstalledQEMU.exists && geteuid() == 0, "needs qemu-system-x86_64 and root"))
struct JailRootTests {
    private static func names(in folder: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
    }

    /// Runs QEMU in a root, and returns what it has to say.
    private static func run(_ arguments: [String], in root: JailRoot) async throws -> (ProcessExit?, String) {
        try await withTemporaryFolder { folder in
            let output = try OwnedFD.open(folder.appending("out"), .readWrite, options: .create)
            var plan = SpawnPlan(root.executable, arguments)
            plan.descriptors = [1, 2].map { .init(source: output.rawValue, target: $0) }
            (plan.jail, plan.noNewPrivileges) = (Jail(root: root.path), true)
            let child = try ChildProcess.spawn(plan)
            let exit = try await child.waitForExit(timeout: .seconds(20))
            if exit == nil { try child.kill() }
            return (exit, try ProcFile.read(folder.appending("out")))
        }
    }

    @Test("QEMU finds in it what it finds outside, and nothing else is there")
    func contents() async throws {
        try await withTemporaryFolder { cache in
            let root = try await JailRoot.prepare(InstalledQEMU.path(), cache: cache)
            let top = try Set(Self.names(in: root.path))
            #expect(top.isSubset(of: ["dev", "etc", "lib", "lib64", "proc", "sockets", "usr"]), "\(top)")
            for folder in ["dev", "proc", "sockets"] { #expect(try Self.names(in: root.path.appending(folder)) == []) }
            let (exit, version) = try await Self.run(["--version"], in: root)
            #expect(exit == .exited(0) && version.hasPrefix("QEMU emulator version"), "\(version)")
            // An unusable kernel comes after the accelerator's module and the firmware.
            let (_, words) = try await Self.run(
                ["-nodefaults", "-display", "none", "-M", "microvm", "-accel", "tcg", "-kernel", "/nonexistent"],
                in: root
            )
            #expect(words.contains("could not open kernel file '/nonexistent'"), "\(words)")
        }
    }

    @Test("it is made once, again when something of it is lost, and anew when something of the host's has changed")
    func cache() async throws {
        try await withTemporaryFolder { cache in
            let root = try await JailRoot.prepare(InstalledQEMU.path(), cache: cache)
            let identity = try FileIdentity(root.path)
            #expect(try await JailRoot.prepare(InstalledQEMU.path(), cache: cache) == root)
            #expect(try FileIdentity(root.path) == identity)

            let program = root.path.pushing(root.executable.removingRoot())
            try FileManager.default.removeItem(atPath: program.string)
            #expect(try await JailRoot.prepare(InstalledQEMU.path(), cache: cache) == root)
            #expect(try FileStatus(program).isRegular)

            let old = try Self.outdate(root, in: cache)
            #expect(try await JailRoot.prepare(InstalledQEMU.path(), cache: cache) == root)
            #expect(throws: LinuxError.self) { try FileStatus(old) }
            #expect(try Self.names(in: cache) == [root.path.removingLastComponent().lastComponent?.string, "lock"])
        }
    }

    @Test("a root of other files stays as long as something runs in it")
    func inUse() async throws {
        try await withTemporaryFolder { cache in
            let root = try await JailRoot.prepare(InstalledQEMU.path(), cache: cache)
            let old = try Self.outdate(root, in: cache)
            var plan = SpawnPlan(root.executable, ["-M", "none", "-display", "none", "-nodefaults"])
            plan.jail = Jail(root: old)
            let child = try ChildProcess.spawn(plan)
            _ = try await JailRoot.prepare(InstalledQEMU.path(), cache: cache)
            #expect(try Self.names(in: cache).count == 3)
            try child.kill()
            #expect(try await child.waitForExit(timeout: .seconds(10)) == .signaled(9))
            try FileManager.default.removeItem(atPath: root.path.removingLastComponent().string)
            _ = try await JailRoot.prepare(InstalledQEMU.path(), cache: cache)
            #expect(throws: LinuxError.self) { try FileStatus(old) }
        }
    }

    /// Turns a root into one of a build that is no more.
    private static func outdate(_ root: JailRoot, in cache: FilePath) throws -> FilePath {
        let place = cache.appending("1")
        try AtomicFile.rename(root.path.removingLastComponent(), to: place)
        return place.appending("root")
    }

    @Test("many that want it at once get the same")
    func race() async throws {
        try await withTemporaryFolder { cache in
            let roots = try await withThrowingTaskGroup(of: JailRoot.self) { group in
                for _ in 0..<4 { group.addTask { try await JailRoot.prepare(InstalledQEMU.path(), cache: cache) } }
                return try await group.reduce(into: Set<JailRoot>()) { $0.insert($1) }
            }
            #expect(roots.count == 1)
            #expect(try Self.names(in: cache).count == 2)
        }
    }

    @Test("a program that is no QEMU is refused in words")
    func noQEMU() async throws {
        try await withTemporaryFolder { cache in
            let script = cache.appending("script")
            try AtomicFile.write("#!/bin/sh\n".utf8, to: script, permissions: 0o755)
            let error = await #expect(throws: HypervisorError.self) {
                try await JailRoot.prepare(script, cache: cache.appending("a"))
            }
            #expect(error?.message == "\(script) is no dynamically linked 64-bit program (install qemu again)")
            let other = await #expect(throws: HypervisorError.self) {
                try await JailRoot.prepare("/bin/echo", cache: cache.appending("b"))
            }
            #expect(other?.message.hasPrefix("bios-microvm.bin of ") == true, "\(String(describing: other))")
        }
    }
}
