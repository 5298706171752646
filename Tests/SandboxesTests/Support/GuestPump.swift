import AgentProtocol

/// Sends what a guest's processes have written, as far as the host's credits go.
struct GuestPump {
    private struct Source {
        var stream: OutgoingStream
        var unwritten: ArraySlice<UInt8>
        var sent = 0

        mutating func send(_ guest: inout FakeGuest) throws {
            repeat {
                let piece = unwritten.prefix(stream.room)
                stream.append(piece)
                unwritten = unwritten.dropFirst(piece.count)
                if unwritten.isEmpty { stream.finish() }
                while let data = stream.next() {
                    sent += data.bytes.count
                    try guest.send(data.frame)
                }
            } while stream.wantsToSend
        }
    }

    private var sources: [Source]

    init(_ contents: [(stream: StreamID, bytes: [UInt8])]) {
        sources = contents.map { id, bytes in
            let stream = OutgoingStream(id: id, credit: ProtocolLimits.initialCredit)
            return Source(stream: stream, unwritten: bytes[...])
        }
    }

    func isFinished(_ id: StreamID) -> Bool { sources.contains { $0.stream.id == id && $0.stream.isFinished } }

    func sentCount(_ id: StreamID) -> Int { sources.first { $0.stream.id == id }?.sent ?? 0 }

    /// Sends, and takes credits, until a condition holds.
    mutating func run(_ guest: inout FakeGuest, until isDone: (GuestPump) -> Bool) throws {
        while true {
            for index in sources.indices { try sources[index].send(&guest) }
            guard !isDone(self) else { return }
            try take(try guest.credit())
        }
    }

    mutating func take(_ credit: StreamCredit) throws {
        for index in sources.indices where sources[index].stream.id == credit.stream {
            try sources[index].stream.receive(credit)
        }
    }
}
