import AgentProtocol
import Testing

@Suite("Streams")
struct StreamTests {
    private static let id = StreamID(process: 1, channel: .output)

    private func sender(capacity: Int = 100, start: UInt64 = 0, credit: Int = 0) -> OutgoingStream {
        OutgoingStream(id: Self.id, capacity: capacity, start: start, credit: credit)
    }

    private func receiver(window: Int = 10, start: UInt64 = 0) -> IncomingStream {
        IncomingStream(id: Self.id, window: window, start: start)
    }

    private func credit(_ acknowledged: UInt64, _ limit: UInt64) -> StreamCredit {
        StreamCredit(stream: Self.id, acknowledged: acknowledged, limit: limit)
    }

    private func piece(_ offset: UInt64, _ bytes: [UInt8], end: Bool = false) -> StreamData {
        StreamData(stream: Self.id, offset: offset, end: end, bytes: bytes)
    }

    // MARK: Sending

    @Test("nothing is sent before the first credit, not even the end")
    func silentBeforeCredit() throws {
        var empty = sender()
        empty.finish()
        #expect(empty.next() == nil)
        try empty.receive(credit(0, 10))
        #expect(empty.next() == piece(0, [], end: true))
    }

    @Test("a new stream may be sent an advance")
    func advance() {
        var stream = sender(credit: 2)
        stream.append([1, 2, 3])
        #expect(stream.next() == piece(0, [1, 2]))
        #expect(stream.next() == nil)
    }

    @Test("no more is sent than there is credit for, however it is cut")
    func creditBound() throws {
        var stream = sender()
        stream.append(0..<20)
        try stream.receive(credit(0, 7))
        #expect(stream.next(maximum: 4) == piece(0, [0, 1, 2, 3]))
        #expect(stream.next(maximum: 4) == piece(4, [4, 5, 6]))
        #expect(stream.next(maximum: 4) == nil)
        try stream.receive(credit(0, 8))
        #expect(stream.next(maximum: 4) == piece(7, [7]))
    }

    @Test("what is unacknowledged takes up room, what is acknowledged does not")
    func retention() throws {
        var stream = sender(capacity: 5)
        stream.append([1, 2, 3, 4, 5])
        #expect(stream.room == 0)
        try stream.receive(credit(0, 10))
        _ = stream.next()
        #expect(stream.room == 0)
        try stream.receive(credit(3, 10))
        #expect(stream.room == 3)
        stream.finish()
        #expect(stream.room == 0)
    }

    @Test("an acknowledgement of what was never sent is refused", arguments: [3, 4, .max] as [UInt64])
    func impossibleAcknowledgement(place: UInt64) throws {
        var stream = sender()
        stream.append([1, 2, 3, 4])
        try stream.receive(credit(0, 2))
        _ = stream.next()
        #expect(throws: WireError.invalid) { try stream.receive(credit(place, 100)) }
        #expect(stream.next() == nil)
    }

    @Test("late and repeated credits change nothing")
    func staleCredits() throws {
        var stream = sender()
        stream.append([1, 2, 3, 4])
        try stream.receive(credit(0, 3))
        _ = stream.next()
        try stream.receive(credit(2, 3))
        try stream.receive(credit(2, 3))
        try stream.receive(credit(1, 2))
        #expect(stream.room == 98)
        #expect(stream.next() == nil)
    }

    @Test("the end is said once, with the last bytes, and is acknowledged by one place more")
    func end() throws {
        var stream = sender()
        try stream.receive(credit(0, 100))
        stream.append([1, 2])
        stream.finish()
        stream.append([3])
        #expect(stream.next() == piece(0, [1, 2], end: true))
        #expect(stream.next() == nil)
        try stream.receive(credit(2, 100))
        #expect(!stream.isFinished)
        try stream.receive(credit(3, 100))
        #expect(stream.isFinished)
    }

    @Test("the end may not be acknowledged before it was said")
    func earlyEnd() throws {
        var stream = sender()
        try stream.receive(credit(0, 100))
        stream.append([1, 2])
        _ = stream.next()
        stream.finish()
        #expect(throws: WireError.invalid) { try stream.receive(credit(3, 100)) }
    }

    @Test("after a rewind everything unacknowledged is sent again, once the receiver has spoken")
    func rewind() throws {
        var stream = sender()
        try stream.receive(credit(0, 100))
        stream.append([1, 2, 3])
        stream.finish()
        _ = stream.next()
        try stream.receive(credit(1, 100))
        stream.rewind()
        #expect(stream.next() == nil)
        try stream.receive(credit(2, 100))
        #expect(stream.next() == piece(2, [3], end: true))
    }

    @Test("the end of a stream without further bytes waits for the receiver after a rewind")
    func rewoundEnd() throws {
        var stream = sender(credit: 10)
        stream.finish()
        _ = stream.next()
        stream.rewind()
        #expect(stream.next() == nil)
        try stream.receive(credit(0, 10))
        #expect(stream.next() == piece(0, [], end: true))
    }

    @Test("a receiver that has everything is not told again")
    func finishedRewind() throws {
        var stream = sender(credit: 10)
        stream.finish()
        _ = stream.next()
        stream.rewind()
        try stream.receive(credit(1, 10))
        #expect(stream.next() == nil)
        #expect(stream.isFinished)
    }

    // MARK: Receiving

    @Test("repeated bytes are passed over, overlapping ones trimmed")
    func duplicates() throws {
        var stream = receiver()
        #expect(try stream.receive(piece(0, [1, 2, 3])) == [1, 2, 3])
        #expect(try stream.receive(piece(0, [1, 2, 3])) == [])
        #expect(try stream.receive(piece(1, [2, 3, 4])) == [4])
    }

    @Test("a gap is refused")
    func gap() throws {
        var stream = receiver()
        #expect(throws: WireError.invalid) { try stream.receive(piece(1, [2])) }
        #expect(try stream.receive(piece(0, [1])) == [1])
    }

    @Test("more than was granted is refused")
    func overrun() throws {
        var stream = receiver(window: 2)
        #expect(throws: WireError.invalid) { try stream.receive(piece(0, [1, 2, 3])) }
        #expect(try stream.receive(piece(0, [1, 2])) == [1, 2])
        #expect(throws: WireError.invalid) { try stream.receive(piece(2, [3])) }
    }

    @Test("places that overflow are refused")
    func overflow() {
        var stream = receiver()
        #expect(throws: WireError.invalid) { try stream.receive(piece(.max, [1])) }
    }

    @Test("nothing follows the end, and the end may not move back")
    func afterEnd() throws {
        var stream = receiver()
        _ = try stream.receive(piece(0, [1, 2], end: true))
        #expect(stream.hasEnded)
        #expect(throws: WireError.invalid) { try stream.receive(piece(2, [3])) }
        #expect(throws: WireError.invalid) { try stream.receive(piece(0, [1], end: true)) }
        #expect(try stream.receive(piece(0, [1, 2], end: true)) == [])
    }

    @Test("an end before bytes that have arrived is refused")
    func lyingEnd() throws {
        var stream = receiver()
        _ = try stream.receive(piece(0, [1, 2]))
        #expect(throws: WireError.invalid) { try stream.receive(piece(0, [1], end: true)) }
        #expect(!stream.hasEnded)
    }

    @Test("a credit is due when half a window is free, and once at the end")
    func creditsDue() throws {
        var stream = receiver(window: 10)
        _ = try stream.receive(piece(0, [UInt8](0..<8)))
        #expect(stream.consume(4) == nil)
        #expect(stream.consume(1) == credit(5, 15))
        _ = try stream.receive(piece(8, [8], end: true))
        #expect(stream.consume(3) == nil)
        #expect(stream.consume(1) == credit(10, 19))
        #expect(stream.consume(0) == nil)
        #expect(stream.credit == credit(10, 19))
    }

    @Test("no more can be consumed than has arrived")
    func overconsumption() throws {
        var stream = receiver()
        _ = try stream.receive(piece(0, [1, 2, 3]))
        _ = stream.consume(100)
        #expect(stream.consumedCount == 3)
    }

    @Test("a receiver that rewinds asks for what it has not consumed")
    func receiverRewind() throws {
        var stream = receiver()
        _ = try stream.receive(piece(0, [1, 2, 3], end: true))
        _ = stream.consume(1)
        stream.rewind()
        #expect(stream.credit == credit(1, 11))
        #expect(!stream.hasEnded)
        #expect(try stream.receive(piece(1, [2, 3], end: true)) == [2, 3])
    }

    @Test("a new sender goes on behind what the receiver keeps")
    func keptCredit() throws {
        var stream = receiver(window: 10)
        _ = try stream.receive(piece(0, [1, 2, 3]))
        _ = stream.consume(1)
        let kept = stream.keptCredit
        #expect(kept == credit(3, 10))
        var successor = sender(start: kept.acknowledged)
        try successor.receive(kept)
        successor.append([4, 5])
        let data = successor.next()
        #expect(try stream.receive(try #require(data)) == [4, 5])
        // What is consumed later lies behind the new sender's first byte and does it no harm.
        try successor.receive(stream.credit)
        #expect(successor.room == 98)
    }

    @Test("a sender that lives on learns that the receiver keeps the end")
    func keptEnd() throws {
        var source = sender(credit: 10)
        source.append([1])
        source.finish()
        let data = source.next()
        var stream = receiver()
        _ = try stream.receive(try #require(data))
        source.rewind()
        try source.receive(stream.keptCredit)
        #expect(source.isFinished)
    }

    // MARK: Both

    @Test("a reader that stalls blocks only its own stream")
    func stall() throws {
        let total = 50
        var senders = [1, 2].map {
            OutgoingStream(id: StreamID(process: $0, channel: .output), capacity: 100, credit: 10)
        }
        var receivers = [1, 2].map { IncomingStream(id: StreamID(process: $0, channel: .output), window: 10) }
        var arrived = [0, 0]
        for index in 0...1 {
            senders[index].append([UInt8](repeating: 0, count: total))
            senders[index].finish()
        }
        var progress = true
        while progress {
            progress = false
            for index in 0...1 {
                guard let piece = senders[index].next(maximum: 4) else { continue }
                progress = true
                let bytes = try receivers[index].receive(piece)
                arrived[index] += bytes.count
                guard index == 1 else { continue }
                if let credit = receivers[index].consume(bytes.count) { try senders[index].receive(credit) }
            }
        }
        #expect(arrived == [10, total])
        #expect(senders[1].isFinished)
        #expect(!senders[0].isFinished)
    }
}
