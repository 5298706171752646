import OCI
import Pods
import Synchronization
import Testing

@testable import EngineAPI

struct ExecRegistryTests {
    /// A clock that stands still until it is moved.
    private final class Clock: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(by duration: Duration) { time.withLock { $0 += duration } }
    }

    private static let spec = ExecSpec(command: ["true"])

    @Test("a process is found by its id or how that begins, and starts once")
    func claim() async throws {
        let execs = ExecRegistry()
        let id = try await execs.insert("box", Self.spec, [.output])
        #expect(id.count == 64)
        #expect(try await execs.find(String(id.prefix(12))).id == id)
        _ = try await execs.claim(id)
        await #expect(throws: EngineError.self) { try await execs.claim(id) }
        await #expect(throws: EngineError.self) { try await execs.find("nosuch") }
        await #expect(throws: EngineError.self) { try await execs.find("") }
    }

    @Test("an exit code can be asked for during five minutes")
    func memory() async throws {
        let clock = Clock()
        let execs = ExecRegistry(now: { clock.now })
        let id = try await execs.insert("box", Self.spec, [])
        _ = try await execs.claim(id)
        clock.advance(by: .seconds(3600))
        await execs.end(id, code: 3)
        clock.advance(by: .seconds(299))
        #expect(try await execs.find(id).json["ExitCode"] == .integer(3))
        clock.advance(by: .seconds(2))
        await #expect(throws: EngineError.self) { try await execs.find(id) }
    }

    @Test("what is never started is forgotten, too, and there is an end to what is kept")
    func bounds() async throws {
        let clock = Clock()
        let execs = ExecRegistry(now: { clock.now })
        for _ in 0..<2000 { _ = try await execs.insert("box", Self.spec, []) }
        await #expect(throws: EngineError.self) { try await execs.insert("box", Self.spec, []) }
        clock.advance(by: .seconds(301))
        _ = try await execs.insert("box", Self.spec, [])
    }

    @Test("a terminal's size that is told before the process runs is not lost")
    func size() async throws {
        let execs = ExecRegistry()
        let id = try await execs.insert("box", Self.spec, [])
        let size = try TerminalDimensions(EngineQuery("h=33&w=99"))
        #expect(try await execs.resize(id, size).map { _ in true } == nil)
        #expect(try await execs.claim(id).size == size)
        await execs.end(id, code: 0)
        await #expect(throws: EngineError.self) { try await execs.resize(id, size) }
    }
}
