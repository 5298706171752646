import FoundationEssentials
import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("programs that must not punch holes")
struct HolePunchingTests {
    private static func run(_ program: FilePath, _ arguments: [String], ignoring: Bool = true) async throws -> Int32 {
        var plan = SpawnPlan(program, arguments)
        (plan.noNewPrivileges, plan.ignoresHolePunching) = (true, ignoring)
        let child = try ChildProcess.spawn(plan)
        guard case .exited(let code) = try await child.waitForExit(timeout: .seconds(20)) else { return -1 }
        return code
    }

    private static func content(_ path: FilePath) throws -> Set<UInt8> {
        Set(try WholeFile.read(path, limit: 1 << 20))
    }

    private static func exists(_ program: FilePath) -> Bool { (try? FileStatus(program)) != nil }

    @Test(
        "a hole counts as punched and the file stays as it is, while plain allocation is refused",
        .enabled(if: exists("/usr/bin/fallocate"), "needs util-linux")
    )
    func fallocate() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending("file")
            try AtomicFile.write([UInt8](repeating: 7, count: 65536), to: file)
            let punch = ["--punch-hole", "--offset", "0", "--length", "65536", file.string]
            #expect(try await Self.run("/usr/bin/fallocate", punch) == 0)
            #expect(try Self.content(file) == [7])
            #expect(try await Self.run("/usr/bin/fallocate", ["--length", "131072", file.string]) == 1)
            #expect(try FileStatus(file).size == 65536)
            #expect(try await Self.run("/usr/bin/fallocate", punch, ignoring: false) == 0)
            #expect(try Self.content(file) == [0])
        }
    }

    /// A file system in memory cannot zero a range, so that QEMU tries to punch a hole there.
    @Test(
        "QEMU's zeros reach a disk's file all the same",
        .enabled(if: exists("/usr/bin/qemu-io"), "needs qemu-io (apt-get install qemu-utils)"),
        .enabled(if: exists("/dev/shm"), "needs a file system in memory at /dev/shm")
    )
    func zeroes() async throws {
        let file = FilePath("/dev/shm/apus-test-\(UInt64.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        try AtomicFile.write([UInt8](repeating: 7, count: 65536), to: file)
        #expect(try await Self.run("/usr/bin/qemu-io", ["-f", "raw", "-c", "write -z 0 64k", file.string]) == 0)
        #expect(try Self.content(file) == [0])
    }
}
