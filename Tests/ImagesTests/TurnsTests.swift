import Synchronization
import Testing

@testable import Images

@Suite("Turns")
struct TurnsTests {
    @Test("one task at a time works on a key, and each gets its turn")
    func exclusive() async throws {
        let turns = Turns<Int>()
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try await turns.withTurn(number % 2) {
                        #expect(tally.enter(number % 2) == 1)
                        await Task.yield()
                        tally.leave(number % 2)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(tally.done == 200)
    }

    /// Counts who is inside.
    private final class Tally: Sendable {
        private let inside = Mutex<[Int: Int]>([:])
        private let finished = Mutex(0)

        var done: Int { finished.withLock { $0 } }

        func enter(_ key: Int) -> Int {
            inside.withLock { counts in
                counts[key, default: 0] += 1
                return counts[key, default: 0]
            }
        }

        func leave(_ key: Int) {
            inside.withLock { $0[key, default: 0] -= 1 }
            finished.withLock { $0 += 1 }
        }
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
