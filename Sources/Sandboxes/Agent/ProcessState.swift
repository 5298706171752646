import AgentProtocol

/// The state of a process's streams on the host, without I/O.
struct ProcessState: Sendable {
    private var output: IncomingStream
    private var error: IncomingStream
    private var input: OutgoingStream
    /// How the process, or the channel to it, ended.
    private(set) var end: Result<ExitStatus, any Error>?

    init(id: UInt32, outputStart: UInt64, errorStart: UInt64) {
        let window = ProtocolLimits.retention
        output = IncomingStream(id: StreamID(process: id, channel: .output), window: window, start: outputStart)
        error = IncomingStream(id: StreamID(process: id, channel: .error), window: window, start: errorStart)
        input = OutgoingStream(
            id: StreamID(process: id, channel: .input),
            capacity: ProtocolLimits.inputWindow,
            credit: ProtocolLimits.inputWindow
        )
    }

    /// What the guest has to know to send.
    var credits: [StreamCredit] { [output.credit, error.credit] }
    /// Whether nothing more will come.
    var outputHasEnded: Bool { output.hasEnded && error.hasEnded }
    /// How many bytes of input may be appended.
    var inputRoom: Int { input.room }

    mutating func receive(_ data: StreamData) throws(WireError) -> AgentProcess.Chunk? {
        let bytes: [UInt8]
        switch data.stream.channel {
        case .output: bytes = try output.receive(data)
        case .error: bytes = try error.receive(data)
        case .input: throw .invalid
        }
        guard !bytes.isEmpty else { return nil }
        let offset = data.offset + UInt64(data.bytes.count - bytes.count)
        return AgentProcess.Chunk(channel: data.stream.channel, offset: offset, bytes: bytes)
    }

    mutating func consume(_ count: Int, of channel: StreamID.Channel) -> StreamCredit? {
        channel == .error ? error.consume(count) : output.consume(count)
    }

    mutating func appendInput(_ bytes: some Collection<UInt8>) -> [Frame] {
        input.append(bytes)
        return sendableInput()
    }

    mutating func finishInput() -> [Frame] {
        input.finish()
        return sendableInput()
    }

    mutating func receive(_ credit: StreamCredit) throws(WireError) -> [Frame] {
        guard credit.stream.channel == .input else { throw .invalid }
        try input.receive(credit)
        return sendableInput()
    }

    /// Continues an input that another host began, where the guest says that it is.
    mutating func resumeInput(at credit: StreamCredit) throws(WireError) {
        input = OutgoingStream(id: credit.stream, capacity: ProtocolLimits.inputWindow, start: credit.acknowledged)
        try input.receive(credit)
    }

    mutating func ended(_ result: Result<ExitStatus, any Error>) {
        if end == nil { end = result }
    }

    private mutating func sendableInput() -> [Frame] {
        var frames: [Frame] = []
        while let piece = input.next() { frames.append(piece.frame) }
        return frames
    }
}
