import Sandboxes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ObservedTests {
    @Test("a value that satisfies already is no wait")
    func satisfied() async throws {
        #expect(try await Observed(3).wait { $0 > 2 } == 3)
    }

    @Test("an update returns what its body does, and an error of its body comes out")
    func update() {
        struct Refused: Error {}
        let number = Observed(1)
        #expect(
            number.update {
                $0 += 1
                return "done"
            } == "done"
        )
        #expect(throws: Refused.self) { try number.update { (_: inout Int) throws(Refused) in throw Refused() } }
        #expect(number.value == 2)
    }

    @Test("every waiter wakes for its own condition")
    func conditions() async throws {
        let number = Observed(0)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for target in 1...100 {
                group.addTask { try await number.wait { $0 >= target } - target }
            }
            for _ in 1...100 { number.update { $0 += 1 } }
            for try await surplus in group { #expect(surplus >= 0) }
        }
    }

    @Test("a cancelled waiter ends at once with an error, and the others go on")
    func cancellation() async throws {
        let isOpen = Observed(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await isOpen.wait { $0 } }
            await withThrowingTaskGroup(of: Void.self) { doomed in
                for _ in 0..<100 { doomed.addTask { try await isOpen.wait { $0 } } }
                doomed.cancelAll()
                while let result = await doomed.nextResult() {
                    #expect(throws: CancellationError.self) { try result.get() }
                }
            }
            isOpen.update { $0 = true }
            try await group.waitForAll()
        }
    }

    @Test("a task that is cancelled already does not even look")
    func cancelledBefore() async {
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask {
                await #expect(throws: CancellationError.self) { try await Observed(true).wait { $0 } }
            }
        }
    }

    @Test("tasks that hand a token around, with others cancelled among them, lose no wake-up")
    func stress() async throws {
        let (tasks, rounds) = (50, 40)
        let turn = Observed(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<tasks {
                group.addTask {
                    for round in 0..<rounds {
                        let mine = round * tasks + number
                        try await turn.wait { $0 == mine }
                        turn.update { $0 += 1 }
                        await withTaskGroup(of: Void.self) { doomed in
                            doomed.addTask { _ = try? await turn.wait { $0 < 0 } }
                            doomed.cancelAll()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(turn.value == tasks * rounds)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct TimeoutTests {
    struct Late: Error {}
    struct Own: Error {}

    @Test("an operation that is in time gives its result, even when that is nothing")
    func inTime() async throws {
        #expect(try await withTimeout(.seconds(60), else: { Late() }) { 5 } == 5)
        let nothing: Int? = try await withTimeout(.seconds(60), else: { Late() }) { nil }
        #expect(nothing == nil)
    }

    @Test("an operation that takes too long is cancelled, and the caller's error says so")
    func late() async {
        let forever = Observed(false)
        await #expect(throws: Late.self) {
            try await withTimeout(.milliseconds(10), else: { Late() }) { try await forever.wait { $0 } }
        }
    }

    @Test("an operation's own error comes out unchanged")
    func ownError() async {
        await #expect(throws: Own.self) {
            try await withTimeout(.seconds(60), else: { Late() }) { throw Own() }
        }
    }

    @Test("cancellation of the caller ends it before its time")
    func cancellation() async {
        let forever = Observed(false)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withTimeout(.seconds(600), else: { Late() }) { _ = try await forever.wait { $0 } }
            }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
    }
}
