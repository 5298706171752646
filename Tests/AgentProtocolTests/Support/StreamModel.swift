import AgentProtocol

/// Streams that are fed with whatever arrives, and what must hold of them whatever that is.
///
/// The fuzzers and the replay of their inputs share it; a violation ends the program.
struct StreamModel {
    private static let window = 4096
    private static let count = 4

    private var incoming = (0..<count).map { IncomingStream(id: id($0), window: window) }
    private var arrived = [UInt64](repeating: 0, count: count)
    private var outgoing = (0..<count).map { OutgoingStream(id: id($0), capacity: window, credit: 100) }
    private var written = [UInt64](repeating: 0, count: count)
    private var limits = [UInt64](repeating: 100, count: count)

    private static func id(_ index: Int) -> StreamID { StreamID(process: UInt32(index), channel: .output) }

    /// Both ends begin a new session.
    mutating func rewind() {
        for index in 0..<Self.count {
            incoming[index].rewind()
            arrived[index] = incoming[index].consumedCount
            outgoing[index].rewind()
            limits[index] = 0
            precondition(!outgoing[index].wantsToSend, "a rewound stream speaks before its receiver has")
        }
    }

    /// Feeds a receiver and consumes part of what it accepts.
    mutating func receive(_ data: StreamData) {
        let index = Int(data.stream.process) % Self.count
        let fresh = (try? incoming[index].receive(data)) ?? []
        arrived[index] += UInt64(fresh.count)
        _ = incoming[index].consume(data.offset % 3 == 0 ? fresh.count : fresh.count / 2)
        check(incoming[index], arrived: arrived[index])
    }

    /// Feeds a sender, lets it send, and takes over its stream as a new host would.
    mutating func receive(_ credit: StreamCredit) {
        let index = Int(credit.stream.process) % Self.count
        write(to: index, UInt64(credit.stream.channel.rawValue) * 700)
        if (try? outgoing[index].receive(credit)) != nil { limits[index] = max(limits[index], credit.limit) }
        while let piece = outgoing[index].next(maximum: 1000) { check(piece, index) }
        resume(at: credit)
    }

    private mutating func write(to index: Int, _ wanted: UInt64) {
        let count = min(wanted, UInt64(outgoing[index].room))
        outgoing[index].append((written[index]..<written[index] + count).map(Self.byte))
        written[index] += count
        precondition(outgoing[index].room >= 0, "a stream keeps more than its capacity")
        if written[index] > 20_000 { outgoing[index].finish() }
    }

    private func resume(at credit: StreamCredit) {
        var stream = OutgoingStream(id: credit.stream, capacity: 10, start: credit.acknowledged)
        try? stream.receive(credit)
        stream.append([1, 2, 3])
        stream.finish()
        while let piece = stream.next() {
            precondition(piece.offset >= credit.acknowledged, "a stream begins before its start")
        }
    }

    private static func byte(at place: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: place &* 31 &+ place >> 8) }

    private func check(_ piece: StreamData, _ index: Int) {
        let end = piece.offset + UInt64(piece.bytes.count)
        precondition(piece.bytes.isEmpty || end <= limits[index], "more is sent than was granted")
        precondition(end <= written[index], "more is sent than was written")
        for (place, byte) in zip(piece.offset..., piece.bytes) {
            precondition(byte == Self.byte(at: place), "a byte is sent from another place")
        }
    }

    private func check(_ stream: IncomingStream, arrived: UInt64) {
        let ended: UInt64 = stream.hasEnded ? 1 : 0
        precondition(stream.keptCredit.acknowledged == arrived + ended, "bytes were accepted that nobody was given")
        precondition(stream.consumedCount <= arrived, "more is consumed than arrived")
        precondition(stream.credit.limit <= stream.consumedCount + UInt64(Self.window), "more is granted than fits")
        precondition(stream.credit.limit >= arrived, "a grant was taken back")
    }
}
