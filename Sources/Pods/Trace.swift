import Synchronization

/// Where the time of something went: its phases, as they end.
package final class Trace: Sendable {
    /// One phase.
    package struct Span: Codable, Sendable, Hashable {
        /// What was done.
        package let name: String
        /// When it began and ended, by the clock that all processes of a machine share.
        package let start, end: ContinuousClock.Instant
    }

    private let recorded = Mutex<[Span]>([])

    /// Enough for a start and its end; a trace that goes on for ever must not grow for ever.
    private static let bound = 256

    /// Begins without phases.
    package init() {}

    /// What has been recorded, in the order of the phases' ends.
    package var spans: [Span] { recorded.withLock { $0 } }

    /// Records a phase that has ended now.
    package func record(_ name: String, since start: ContinuousClock.Instant) {
        let span = Span(name: name, start: start, end: .now)
        recorded.withLock { if $0.count < Self.bound { $0.append(span) } }
    }

    /// Adds phases that were recorded elsewhere.
    package func add(_ spans: [Span]) {
        recorded.withLock { $0 += spans.prefix(Self.bound - $0.count) }
    }

    /// Records how long something takes, whether it succeeds or fails.
    package func measure<Result, Failure: Error>(
        _ name: String,
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { record(name, since: start) }
        return try await body()
    }
}
