import CommandLine
import Glibc
import SystemPackage
import Testing
import UnixSignals

@Suite("Events of the terminal", .serialized)
struct TerminalEventsTests {
    @Test("a change of the window's size is told with the size", .timeLimit(.minutes(1)))
    func resize() async throws {
        let terminal = try Pseudoterminal(rows: 10, columns: 20)
        let events = await TerminalEvents(trapping: [.sigwinch], terminal: terminal.program.rawValue)
        var size = winsize(ws_row: 33, ws_col: 44, ws_xpixel: 0, ws_ypixel: 0)
        #expect(ioctl(terminal.user.rawValue, UInt(TIOCSWINSZ), &size) == 0)
        kill(getpid(), SIGWINCH)
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == .resized(WindowSize(rows: 33, columns: 44)))
    }

    @Test("a signal is told with its number, and does nothing else", .timeLimit(.minutes(1)))
    func signal() async {
        let events = await TerminalEvents(trapping: [.sigusr1, .sigwinch], terminal: -1)
        // The size of no terminal is no event.
        kill(getpid(), SIGWINCH)
        kill(getpid(), SIGUSR1)
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == .signal(SIGUSR1))
    }

    @Test("a cancelled wait ends", .timeLimit(.minutes(1)))
    func cancellation() async {
        let events = await TerminalEvents(trapping: [.sigwinch])
        await withTaskGroup(of: TerminalEvent?.self) { group in
            group.addTask {
                var iterator = events.makeAsyncIterator()
                return await iterator.next()
            }
            group.cancelAll()
            for await event in group { #expect(event == nil) }
        }
    }
}
