/// The guest's side of a session with the host that is connected now, without I/O: bytes in, messages out, and the
/// other way round.
package struct GuestSession {
    /// What arrived, in order.
    package enum Incoming {
        /// A host has begun a session; everything said to an earlier one is void.
        case began
        /// A request with its id, or what was wrong with it.
        case request(UInt32, Result<Request, WireError>)
        /// Bytes for a process.
        case data(StreamData)
        /// Room for a process's output.
        case credit(StreamCredit)
    }

    private var scanner = Handshake.helloScanner()
    private var decoder = FrameDecoder(tag: 0)
    private var assembler = MessageAssembler()
    /// The tag of the session that is open, or 0.
    private var tag: UInt32 = 0
    private var output = ByteQueue()
    /// Counts sessions, so that an answer never goes to a host that did not ask.
    package private(set) var generation: UInt32 = 0

    /// Bytes that wait to be written.
    package var pending: Int { output.count }
    /// Whether a host is there.
    package var isOpen: Bool { tag != 0 }

    /// Waits for a hello.
    package init() {}

    /// Takes bytes from the channel.
    package mutating func receive(_ bytes: [UInt8]) -> [Incoming] {
        var found: [Incoming] = []
        var unread = bytes
        // Each round either uses up the bytes or begins a session; a hello is 32 bytes, so the rounds are bounded.
        while true {
            if !isOpen {
                guard let match = scanner.append(unread) else { return found }
                unread = match.rest
                if begin(record: match.record) { found.append(.began) }
            } else {
                decoder.append(unread)
                if decode(into: &found) { return found }
                unread = decoder.unread
                tag = 0
            }
        }
    }

    /// Queues a frame for the host; without one it is dropped, and the next host learns the state anew.
    package mutating func send(_ frame: Frame) {
        guard isOpen else { return }
        var bytes: [UInt8] = []
        frame.encode(tag: tag, into: &bytes)
        output.append(bytes)
    }

    /// Queues a message.
    package mutating func send(_ kind: Frame.Kind, message: [UInt8]) {
        for frame in Frame.frames(kind, message: message) { send(frame) }
    }

    /// Lets a writer take bytes away from the front of the queue.
    ///
    /// - Parameter write: returns how many of the bytes it took, or less than 0.
    package mutating func flush(_ write: (UnsafeRawBufferPointer) -> Int) {
        while !output.isEmpty {
            let count = output.withFirstBytes(write)
            guard count > 0 else { return }
            output.removeFirst(count)
        }
    }

    private mutating func begin(record: [UInt8]) -> Bool {
        guard let hello = Handshake.Hello(record: record) else { return false }
        let welcome = Handshake.Welcome(answering: hello)
        output = ByteQueue()
        output.append(welcome.bytes)
        guard welcome.version != 0 else { return false }
        generation &+= 1
        tag = hello.tag
        decoder = FrameDecoder(tag: tag)
        assembler = MessageAssembler()
        return true
    }

    /// Decodes what is whole; `false` when the bytes are not this session's any more.
    private mutating func decode(into found: inout [Incoming]) -> Bool {
        do throws(FrameDecoder.Failure) {
            while let frame = try decoder.next() {
                do throws(WireError) {
                    if let item = try parse(frame) { found.append(item) }
                } catch {
                    return false
                }
            }
            return true
        } catch {
            return false
        }
    }

    private mutating func parse(_ frame: Frame) throws(WireError) -> Incoming? {
        switch frame.kind {
        case .request:
            guard let message = try assembler.append(frame) else { return nil }
            let id = try Request.id(of: message)
            do throws(WireError) {
                return .request(id, .success(try Request(message: message)))
            } catch {
                return .request(id, .failure(error))
            }
        case .data: return .data(try StreamData(body: frame.body))
        case .credit: return .credit(try StreamCredit(body: frame.body))
        case .response, .event: throw .invalid
        }
    }
}
