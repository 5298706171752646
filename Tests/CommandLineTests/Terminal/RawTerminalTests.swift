import CommandLine
import SystemPackage
import Testing

@Suite("A raw terminal")
struct RawTerminalTests {
    private struct Stop: Error {}

    @Test("keys arrive one by one while the work runs, and as lines again after it")
    func scope() async throws {
        let terminal = try Pseudoterminal()
        #expect(terminal.isCooked)
        let typed = try await withRawTerminal(terminal.program.rawValue) {
            #expect(!terminal.isCooked)
            try terminal.user.put("\u{3}x")
            return try terminal.program.take(10)
        }
        #expect(typed == "\u{3}x")
        #expect(terminal.isCooked)
    }

    @Test("an error restores it too")
    func error() async throws {
        let terminal = try Pseudoterminal()
        await #expect(throws: Stop.self) {
            try await withRawTerminal(terminal.program.rawValue) { throw Stop() }
        }
        #expect(terminal.isCooked)
    }

    @Test("an inner call leaves restoring to the outer one")
    func nested() async throws {
        let terminal = try Pseudoterminal()
        try await withRawTerminal(terminal.program.rawValue) {
            try await withRawTerminal(terminal.program.rawValue) {}
            #expect(!terminal.isCooked)
        }
        #expect(terminal.isCooked)
    }

    @Test("without a terminal the work just runs")
    func noTerminal() async throws {
        let pipe = try TestPipe()
        #expect(!isTerminal(pipe.reader.rawValue))
        #expect(try await withRawTerminal(pipe.reader.rawValue) { 7 } == 7)
        #expect(try await withRawTerminal(-1) { 7 } == 7)
    }

    @Test("its size is known, and a pipe has none")
    func size() throws {
        let terminal = try Pseudoterminal(rows: 50, columns: 132)
        #expect(WindowSize(of: terminal.program.rawValue) == WindowSize(rows: 50, columns: 132))
        let sizeless = try Pseudoterminal(rows: 0, columns: 0)
        #expect(WindowSize(of: sizeless.program.rawValue) == nil)
        #expect(try WindowSize(of: TestPipe().reader.rawValue) == nil)
        #expect(isTerminal(terminal.program.rawValue))
    }
}
