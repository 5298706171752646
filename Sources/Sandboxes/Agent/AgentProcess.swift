package import AgentProtocol

/// A process in a guest, as seen by its host: its output, its input and its end.
///
/// One reader takes the output and acknowledges each chunk when it is safe; what is not acknowledged the guest keeps
/// and sends again to the next host. A reader that stops stops this process alone.
package final class AgentProcess: Sendable {
    /// Bytes that a process wrote.
    package struct Chunk: Sendable {
        /// Where they come from: standard output (a terminal's everything), or standard error.
        package let channel: StreamID.Channel
        /// Their place in the stream.
        package let offset: UInt64
        /// The bytes.
        package let bytes: [UInt8]
    }

    /// The number that host and guest use.
    package let id: UInt32
    /// The output, in the order of its arrival; ends when both streams have ended.
    ///
    /// It is for one reader.
    package let output: AsyncStream<Chunk>

    private let continuation: AsyncStream<Chunk>.Continuation
    private let send: @Sendable ([Frame]) -> Void
    private let state: Observed<ProcessState>

    /// - Parameters:
    ///   - outputStart: how much of standard output is safe already (a host that took over from another).
    ///   - errorStart: the same of standard error.
    init(
        id: UInt32,
        outputStart: UInt64 = 0,
        errorStart: UInt64 = 0,
        send: @escaping @Sendable ([Frame]) -> Void
    ) {
        self.id = id
        self.send = send
        // The stream's own buffer needs no bound: the credits that were granted are one.
        (output, continuation) = AsyncStream.makeStream(of: Chunk.self, bufferingPolicy: .unbounded)
        state = Observed(ProcessState(id: id, outputStart: outputStart, errorStart: errorStart))
    }

    /// Tells the guest that a chunk is safe, which makes room for more.
    package func acknowledge(_ chunk: Chunk) {
        state.update { state in
            if let credit = state.consume(chunk.bytes.count, of: chunk.channel) { send([credit.frame]) }
        }
    }

    /// Writes to the process's standard input; waits while the process does not read.
    ///
    /// What is written to a process that has ended is dropped, as a pipe without a reader would.
    package func write(_ bytes: [UInt8]) async throws {
        var remaining = bytes[...]
        while !remaining.isEmpty {
            let now = try await state.wait { $0.inputRoom > 0 || $0.end != nil }
            guard now.end == nil else { return }
            let piece = remaining
            let taken = state.update { state in
                let taken = min(state.inputRoom, piece.count)
                // Frames leave in the order in which they are cut from the stream: under the same lock.
                send(state.appendInput(piece.prefix(taken)))
                return taken
            }
            remaining = remaining.dropFirst(taken)
        }
    }

    /// Ends the process's standard input.
    package func finishInput() {
        state.update { send($0.finishInput()) }
    }

    /// How the process ended; waits until it has.
    package func wait() async throws -> ExitStatus {
        guard let end = try await state.wait(until: { $0.end != nil }).end else { throw CancellationError() }
        return try end.get()
    }

    // MARK: For the client

    /// The credits that let a guest send its output from where this host is.
    var credits: [Frame] { state.value.credits.map(\.frame) }

    func receive(_ data: StreamData) throws(WireError) -> StreamCredit? {
        let (chunk, credit, ended) = try state.update { state throws(WireError) in
            let chunk = try state.receive(data)
            // An end without bytes has nobody to acknowledge it but us.
            let credit = data.end ? state.consume(0, of: data.stream.channel) : nil
            return (chunk, credit, state.outputHasEnded)
        }
        if let chunk { continuation.yield(chunk) }
        if ended { continuation.finish() }
        return credit
    }

    func receive(_ credit: StreamCredit) throws(WireError) {
        try state.update { state throws(WireError) in send(try state.receive(credit)) }
    }

    func resumeInput(at credit: StreamCredit) throws(WireError) {
        try state.update { state throws(WireError) in try state.resumeInput(at: credit) }
    }

    func ended(_ status: ExitStatus) {
        state.update { $0.ended(.success(status)) }
    }

    /// The channel is gone: whoever waits learns it.
    func disconnected(_ error: any Error) {
        state.update { $0.ended(.failure(error)) }
        continuation.finish()
    }
}
