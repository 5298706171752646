import AgentProtocol
import Testing

/// A sender in the guest and a receiver on the host whose sessions die at random, frames under way included.
private struct LossySession {
    private static let id = StreamID(process: 1, channel: .output)
    private static let window = 32

    let source: [UInt8]
    /// What the receiver has made safe; all that a new host process remembers, with `endIsSafe`.
    private(set) var log: [UInt8] = []
    private(set) var endIsSafe = false
    private(set) var deaths = 0

    private var generator: SeededGenerator
    private var sender = OutgoingStream(id: id, capacity: 48, credit: 16)
    private var written = 0
    private var receiver = IncomingStream(id: id, window: window)
    private var unsafe: [UInt8] = []
    private var toHost: [StreamData] = []
    private var toGuest: [StreamCredit] = []

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...600, using: &generator)
        source = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        self.generator = generator
    }

    var isFinished: Bool { sender.isFinished }

    mutating func step(mayDie: Bool) throws {
        switch Int.random(in: 0..<(mayDie ? 41 : 40), using: &generator) {
        case 0..<8: write()
        case 8..<16: if let piece = sender.next(maximum: random(16)) { toHost.append(piece) }
        case 16..<24: try deliverToHost()
        case 24..<32: consume()
        case 32..<40: if !toGuest.isEmpty { try sender.receive(toGuest.removeFirst()) }
        default: die()
        }
    }

    private mutating func random(_ bound: Int) -> Int { Int.random(in: 1...bound, using: &generator) }

    private mutating func write() {
        let count = min(random(20), sender.room, source.count - written)
        sender.append(source[written..<written + count])
        written += count
        if written == source.count { sender.finish() }
    }

    private mutating func deliverToHost() throws {
        guard !toHost.isEmpty else { return }
        unsafe += try receiver.receive(toHost.removeFirst())
    }

    private mutating func consume() {
        let count = min(random(20), unsafe.count)
        log += unsafe.prefix(count)
        unsafe.removeFirst(count)
        if receiver.hasEnded, unsafe.isEmpty { endIsSafe = true }
        if let credit = receiver.consume(count) { toGuest.append(credit) }
    }

    /// The session ends; the host reconnects, or another one takes over with the log alone.
    private mutating func die() {
        deaths += 1
        toHost = []
        unsafe = []
        sender.rewind()
        if Bool.random(using: &generator) {
            receiver.rewind()
        } else {
            receiver = IncomingStream(id: Self.id, window: Self.window, start: UInt64(log.count))
        }
        toGuest = [receiver.credit]
    }
}

@Suite("Lossy sessions")
struct LossySessionTests {
    @Test("sessions that die at random lose nothing and repeat nothing", arguments: 0..<200)
    func nothingIsLost(seed: UInt64) throws {
        var session = LossySession(seed: seed)
        var steps = 0
        while !session.isFinished, steps < 200_000 {
            try session.step(mayDie: session.deaths < 40)
            steps += 1
        }
        #expect(session.isFinished, "\(steps) steps were not enough")
        #expect(session.log == session.source)
        #expect(session.endIsSafe)
    }
}
