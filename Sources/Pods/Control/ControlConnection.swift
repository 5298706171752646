import NIOCore

/// One end of a connection between a client and an attendant, as frames.
struct ControlConnection: Sendable {
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    init(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        self.outbound = outbound
    }

    /// Sends a frame; waits while the other end does not read.
    func send(_ frame: ControlFrame) async throws {
        try await outbound.write(ByteBuffer(bytes: frame.encoded))
    }
}

/// The frames of a connection in the order of their arrival; for one reader.
struct ControlFrames: AsyncSequence, Sendable {
    typealias Element = ControlFrame

    let inbound: NIOAsyncChannelInboundStream<ByteBuffer>

    struct AsyncIterator: AsyncIteratorProtocol {
        var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        var decoder = ControlFrameDecoder()

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> ControlFrame? {
            while true {
                if let frame = try decoder.next() { return frame }
                guard let buffer = try await inbound.next(isolation: actor) else { return nil }
                decoder.append(buffer.readableBytesView)
            }
        }

        mutating func next() async throws -> ControlFrame? { try await next(isolation: #isolation) }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(inbound: inbound.makeAsyncIterator()) }
}
