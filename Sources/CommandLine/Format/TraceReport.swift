import Pods

/// A trace for people to read: when each phase began after the first one, and how long it took.
struct TraceReport {
    private let spans: [Trace.Span]

    /// Orders phases by their beginning, those that hold others first.
    init(_ spans: [Trace.Span]) {
        self.spans = spans.sorted { ($0.start, $1.end) < ($1.start, $0.end) }
    }

    /// A table.
    var text: String {
        guard let first = spans.first else { return "" }
        var table = Table("BEGAN", "TOOK", "PHASE")
        for span in spans {
            table.append([milliseconds(span.start - first.start), milliseconds(span.end - span.start), span.name])
        }
        return table.text
    }

    /// With one decimal, such as `12.3 ms`.
    private func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let tenths = seconds * 10_000 + attoseconds / 100_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}
