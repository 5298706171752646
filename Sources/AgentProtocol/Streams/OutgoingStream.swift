/// A stream's sending side: keeps what was sent until the receiver has acknowledged it, so that a receiver that dies
/// and comes back loses nothing, and never sends more than the receiver has room for.
package struct OutgoingStream {
    /// The stream.
    package let id: StreamID
    private let capacity: Int
    private var retained = ByteQueue()
    /// The place of the first retained byte: everything before it is acknowledged.
    private var base: UInt64
    private var sent: UInt64
    /// The furthest place ever sent, in whatever session.
    private var highest: UInt64
    private var limit: UInt64
    private var ended = false
    private var endSent = false
    private var endEverSent = false
    private var endAcknowledged = false
    /// Whether the receiver has not said yet where it is; until then it may not even know the stream.
    private var awaitsCredit: Bool

    /// A stream whose first byte lies at `start`; beyond `credit` bytes nothing may be sent before the first credit.
    ///
    /// Without such an advance not even the end may.
    package init(id: StreamID, capacity: Int = ProtocolLimits.retention, start: UInt64 = 0, credit: Int = 0) {
        self.id = id
        self.capacity = capacity
        base = start
        sent = start
        highest = start
        limit = start + UInt64(credit)
        awaitsCredit = credit == 0
    }

    /// How many more bytes may be appended now; 0 means that the writer has to wait.
    package var room: Int { ended ? 0 : capacity - retained.count }
    /// Whether the receiver has everything, including the end.
    package var isFinished: Bool { endAcknowledged }
    /// Whether nothing will be appended any more.
    package var hasEnded: Bool { ended }
    /// Whether `next()` has something to say.
    package var wantsToSend: Bool {
        !awaitsCredit && (sent < min(total, limit) || (ended && !endSent && sent == total))
    }

    private var total: UInt64 { base + UInt64(retained.count) }

    /// Adds bytes; no more than `room`.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        guard !ended else { return }
        retained.append(bytes)
    }

    /// Says that nothing follows.
    package mutating func finish() { ended = true }

    /// The next piece to send, or `nil` when there is none or the receiver has no room.
    package mutating func next(maximum: Int = StreamData.capacity) -> StreamData? {
        guard wantsToSend else { return nil }
        let reach = min(total, limit)
        let count = reach > sent ? min(Int(reach - sent), maximum) : 0
        let bytes = retained.copy(from: Int(sent - base), count: count)
        let offset = sent
        sent += UInt64(count)
        highest = max(highest, sent)
        let end = ended && sent == total
        if end {
            endSent = true
            endEverSent = true
        }
        return StreamData(stream: id, offset: offset, end: end, bytes: bytes)
    }

    /// Takes the receiver's word; numbers that cannot be true are refused.
    package mutating func receive(_ credit: StreamCredit) throws(WireError) {
        guard credit.acknowledged <= (endEverSent ? total + 1 : highest) else { throw .invalid }
        awaitsCredit = false
        limit = max(limit, credit.limit)
        let safe = min(credit.acknowledged, total)
        if safe > base {
            retained.removeFirst(Int(safe - base))
            base = safe
            sent = max(sent, safe)
        }
        guard credit.acknowledged > total else { return }
        endAcknowledged = true
        endSent = true
    }

    /// Starts over for a new session: everything unacknowledged is sent again once there is credit.
    package mutating func rewind() {
        sent = base
        limit = base
        endSent = endAcknowledged
        awaitsCredit = true
    }
}
