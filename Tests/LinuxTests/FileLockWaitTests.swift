import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("Waiting for a file lock")
struct FileLockWaitTests {
    @Test("the lock comes when its holder lets go")
    func waits() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("lock")
            let held = try FileLock.acquire(path).detach()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let lock = try await FileLock.wait(for: path)
                        lock.release()
                    }
                }
                #expect(try FileLock.withLockIfFree(path) { true } == nil)
                FileLock(inherited: held).release()
                try await group.waitForAll()
            }
        }
    }

    @Test("a wait with a limit ends without the lock, and with it once it is free")
    func bounded() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("lock")
            let held = try FileLock.acquire(path).detach()
            if try await FileLock.wait(for: path, atMost: .milliseconds(20)) != nil { Issue.record("two holders") }
            FileLock(inherited: held).release()
            // Blocks for ever if the wait that was given up has taken the lock.
            try FileLock.acquire(path).release()
            if try await FileLock.wait(for: path, atMost: .seconds(60)) == nil { Issue.record("it was free") }
        }
    }

    @Test("a cancelled wait ends while the lock is held, and does not take it afterwards")
    func cancelled() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("lock")
            let held = try FileLock.acquire(path).detach()
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { (try? await FileLock.wait(for: path).release()) == nil }
                group.cancelAll()
                #expect(await group.next() == true)
            }
            FileLock(inherited: held).release()
            // Blocks for ever if the abandoned wait kept the lock.
            try FileLock.acquire(path).release()
        }
    }
}
