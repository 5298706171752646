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
            let first = try FileLock.acquire(path)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let lock = try await FileLock.wait(for: path)
                        lock.release()
                    }
                }
                let second = try FileLock.tryAcquire(path)
                #expect(second == nil)
                first.release()
                try await group.waitForAll()
            }
        }
    }

    @Test("a cancelled wait ends while the lock is held, and does not take it afterwards")
    func cancelled() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("lock")
            let first = try FileLock.acquire(path)
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { (try? await FileLock.wait(for: path).release()) == nil }
                group.cancelAll()
                #expect(await group.next() == true)
            }
            first.release()
            // Blocks for ever if the abandoned wait kept the lock.
            try FileLock.acquire(path).release()
        }
    }
}
