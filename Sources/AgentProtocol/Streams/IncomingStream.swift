/// A stream's receiving side: accepts each byte once and in order, and grants the sender room as bytes are consumed.
package struct IncomingStream {
    /// The stream.
    package let id: StreamID
    private let window: UInt64
    private var expected: UInt64
    private var consumed: UInt64
    private var granted: UInt64
    private var ended = false
    private var endConsumed = false

    /// A stream of which everything before `start` is already safe here.
    package init(id: StreamID, window: Int, start: UInt64 = 0) {
        self.id = id
        self.window = UInt64(window)
        expected = start
        consumed = start
        granted = start + UInt64(window)
    }

    /// Whether the end has arrived.
    package var hasEnded: Bool { ended }
    /// Bytes that are safe here.
    package var consumedCount: UInt64 { consumed }

    /// The credit that tells a sender everything it needs to start or to start over.
    package var credit: StreamCredit {
        StreamCredit(stream: id, acknowledged: consumed + (endConsumed ? 1 : 0), limit: granted)
    }

    /// The same from a side that keeps whatever has arrived, consumed or not: a new sender goes on behind it.
    ///
    /// The place counts the end as one more byte. A sender that has died cannot repeat what was not consumed, and
    /// another one's bytes must not be taken for a repetition.
    package var keptCredit: StreamCredit {
        StreamCredit(stream: id, acknowledged: expected + (ended ? 1 : 0), limit: granted)
    }

    /// Accepts what is new of a piece; what a restarted sender repeats is passed over.
    ///
    /// - Returns: the new bytes, to be given to `consume(_:)` once they are safe.
    package mutating func receive(_ data: StreamData) throws(WireError) -> [UInt8] {
        let (end, overflow) = data.offset.addingReportingOverflow(UInt64(data.bytes.count))
        guard !overflow, data.offset <= expected, end <= granted else { throw .invalid }
        guard !ended || end <= expected else { throw .invalid }
        let fresh = end > expected ? [UInt8](data.bytes.suffix(Int(end - expected))) : []
        expected = max(expected, end)
        if data.end {
            guard end == expected else { throw .invalid }
            ended = true
        }
        return fresh
    }

    /// Counts bytes as safe.
    ///
    /// - Returns: the credit to send when enough has changed to be worth a frame: half a window, or the end.
    package mutating func consume(_ count: Int) -> StreamCredit? {
        consumed = min(consumed + UInt64(count), expected)
        let finishes = ended && !endConsumed && consumed == expected
        if finishes { endConsumed = true }
        guard finishes || (!endConsumed && consumed + window - granted >= window / 2) else { return nil }
        granted = consumed + window
        return credit
    }

    /// Forgets what arrived and was not consumed: the session it came in is over and its sender will repeat it.
    package mutating func rewind() {
        expected = consumed
        granted = consumed + window
        ended = endConsumed
    }
}
