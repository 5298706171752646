import Synchronization
import Testing

@testable import Images

@Suite("Turns")
struct TurnsTests {
    @Test("one task at a time works on a key, and each gets its turn")
    func exclusive() async throws {
        let turns = Turns<Int>()
        let inside = Mutex([0: 0, 1: 0])
        let done = Mutex(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try await turns.withTurn(number % 2) {
                        #expect(
                            inside.withLock {
                                $0[number % 2, default: 0] += 1; return $0[number % 2]
                            } == 1
                        )
                        await Task.yield()
                        inside.withLock { $0[number % 2, default: 0] -= 1 }
                        done.withLock { $0 += 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(done.withLock { $0 } == 200)
    }

    @Test("a cancelled wait ends at once, and the next one is not held up by it")
    func cancelled() async throws {
        let turns = Turns<Int>()
        try await turns.withTurn(1) {
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<10 { group.addTask { (try? await turns.withTurn(1) {}) == nil } }
                group.cancelAll()
                for await wasCancelled in group { #expect(wasCancelled) }
            }
        }
        var ran = false
        try await turns.withTurn(1) { ran = true }
        #expect(ran)
    }

    @Test("a failed turn is passed on")
    func failed() async throws {
        struct Failure: Error {}
        let turns = Turns<String>()
        await #expect(throws: Failure.self) { try await turns.withTurn("a") { throw Failure() } }
        try await turns.withTurn("a") {}
    }
}
