package import NIOCore

/// A connection that has become a raw stream of bytes: what attach and exec talk over.
package struct Hijacked: Sendable {
    /// What the client sends, until it closes its side; for one reader, who sets the pace.
    package let input: Input

    let channel: any Channel
    let handler: NIOLoopBound<HijackHandler>

    /// Sends bytes, and returns when the kernel has taken them: a slow client slows its writer down, and nobody else.
    ///
    /// Several tasks may write; the bytes of one call stay together. A task that is cancelled while the client takes
    /// nothing closes the connection.
    /// - Throws: when the client is gone.
    package func write(_ bytes: ByteBuffer) async throws {
        let written = channel.eventLoop.makePromise(of: Void.self)
        channel.eventLoop.execute { handler.value.write(bytes, promise: written) }
        try await withTaskCancellationHandler {
            try await written.futureResult.get()
        } onCancel: {
            channel.close(mode: .all, promise: nil)
        }
    }

    /// The bytes that the client sends.
    package struct Input: AsyncSequence, Sendable {
        package typealias Element = ByteBuffer

        private let producer: HijackHandler.Input

        init(_ producer: HijackHandler.Input) { self.producer = producer }

        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: producer.makeAsyncIterator()) }

        /// Iterates once.
        package struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let base: HijackHandler.Input.AsyncIterator

            @concurrent package mutating func next() async throws -> ByteBuffer? { try await base.next() }
        }
    }
}
