import Images

/// Draws news on a terminal: one line for each thing, which changes in place.
///
/// It returns what to write; counting news are drawn ten times a second at most, because a fast download has thousands.
struct ProgressScreen {
    private static let interval: Duration = .milliseconds(100)

    /// The terminal's width in characters.
    let width: Int
    private var lines: [(id: String, text: String)] = []
    private var drawn: [String: (status: String, at: ContinuousClock.Instant)] = [:]

    init(width: Int) {
        self.width = width
    }

    /// Takes news in.
    ///
    /// - Returns: what to write to the terminal, perhaps nothing.
    mutating func draw(_ message: ProgressMessage, at now: ContinuousClock.Instant) -> String {
        guard message.pushed == nil else { return "" }
        guard let id = message.id else {
            // What follows begins below, so the lines above stay as they are.
            lines = []
            return clipped(message.status) + "\n"
        }
        if let last = drawn[id], last.status == message.status, now - last.at < Self.interval, !message.isComplete {
            return ""
        }
        drawn[id] = (message.status, now)
        return place(clipped("\(id): \(message.status)\(message.meter)"), id)
    }

    private mutating func place(_ text: String, _ id: String) -> String {
        guard let index = lines.firstIndex(where: { $0.id == id }) else {
            lines.append((id, text))
            return text + "\n"
        }
        guard lines[index].text != text else { return "" }
        lines[index].text = text
        let distance = lines.count - index
        return "\u{1B}[\(distance)A\r\u{1B}[2K\(text)\r\u{1B}[\(distance)B"
    }

    /// A line that wrapped would take two, and the count of lines would be wrong.
    private func clipped(_ text: String) -> String { String(printable(text).prefix(max(1, width - 1))) }
}

extension ProgressMessage {
    var isComplete: Bool { current != nil && current == total }

    /// A bar and the sizes, such as ` [=====>     ]  1.2MB/2.4MB`.
    fileprivate var meter: String {
        guard let current, let total, total > 0 else { return "" }
        let cells = 30
        let done = min(cells, max(0, Int(Double(current) / Double(total) * Double(cells))))
        let bar = String(repeating: "=", count: done) + (done < cells ? ">" : "")
        let rest = String(repeating: " ", count: max(0, cells - done - 1))
        let sizes = [current, total].map { HumanSize.decimal(UInt64(clamping: $0)) }
        return " [\(bar)\(rest)]  \(sizes[0])/\(sizes[1])"
    }
}
