import Images
import Synchronization
import Testing

@testable import CommandLine

@Suite("Progress on a terminal and in a pipe")
struct ProgressTests {
    @Test("in a pipe each change is a line, and counting is silent")
    func lines() {
        var lines = ProgressLines()
        let news = [
            ProgressMessage("Pulling from a"), ProgressMessage("Waiting", id: "x"),
            ProgressMessage("Downloading", id: "x", current: 1, total: 9),
            ProgressMessage("Downloading", id: "x", current: 2, total: 9), ProgressMessage("Done", id: "x"),
        ]
        #expect(news.map { lines.line($0) } == ["Pulling from a", "x: Waiting", "x: Downloading", nil, "x: Done"])
        #expect(lines.line(ProgressMessage("evil \u{1B}[2J", id: "x")) == "x: evil ?[2J")
    }

    @Test("on a terminal each thing has its line, which changes in place and never wraps")
    func screen() {
        var screen = ProgressScreen(width: 40)
        let now = ContinuousClock.now
        #expect(screen.draw(ProgressMessage("Waiting", id: "a"), at: now) == "a: Waiting\n")
        #expect(screen.draw(ProgressMessage("Waiting", id: "b"), at: now) == "b: Waiting\n")
        let change = screen.draw(ProgressMessage("Done", id: "a"), at: now)
        #expect(change == "\u{1B}[2A\r\u{1B}[2Ka: Done\r\u{1B}[2B")
        let long = screen.draw(ProgressMessage("Downloading", id: "b", current: 5, total: 10), at: now)
        #expect(long.contains("b: Downloading [===============>"))
        #expect(long.split(separator: "\r").map(\.count).max() ?? 0 <= 39 + 4)
        #expect(screen.draw(ProgressMessage("Status: fine"), at: now) == "Status: fine\n")
        #expect(screen.draw(ProgressMessage("Waiting", id: "a"), at: now) == "a: Waiting\n")
    }

    @Test("counting is drawn a few times a second, and its end always")
    func throttled() {
        var screen = ProgressScreen(width: 80)
        let start = ContinuousClock.now
        let drawn = (0...1000).filter { count in
            let message = ProgressMessage("Downloading", id: "a", current: Int64(count), total: 1000)
            return !screen.draw(message, at: start + .milliseconds(count)).isEmpty
        }
        #expect(drawn.count <= 12 && drawn.last == 1000)
    }

    @Test(
        "each style prints its own form",
        arguments: [
            (ProgressStyle.plain, "a: Waiting\n"), (.tty, "a: Waiting\n"), (.quiet, ""), (.auto, "a: Waiting\n"),
            (.json, #"{"id":"a","progressDetail":{},"status":"Waiting"}"# + "\n"),
        ]
    )
    func styles(style: ProgressStyle, expected: String) {
        let text = Collected()
        let printer = ProgressPrinter(style, size: nil) { text.add($0) }
        printer.take(ProgressMessage("Waiting", id: "a"))
        #expect(text.all == expected)
    }

    private final class Collected: Sendable {
        private let text = Mutex("")
        var all: String { text.withLock { $0 } }
        func add(_ more: String) { text.withLock { $0 += more } }
    }
}
