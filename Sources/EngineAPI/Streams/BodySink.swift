import Hummingbird
import NIOCore

/// Where the body of an answer goes that is made while it is sent.
final class BodySink: Sendable {
    // Only the task that makes the body uses it.
    nonisolated(unsafe) private var writer: any ResponseBodyWriter

    fileprivate init(_ writer: any ResponseBodyWriter) { self.writer = writer }

    /// Sends a piece; waits while the client does not read.
    func write(_ bytes: ByteBuffer) async throws { try await writer.write(bytes) }

    /// The same with bytes.
    func write(_ bytes: some Sequence<UInt8>) async throws { try await write(ByteBuffer(bytes: bytes)) }

    fileprivate func finish() async throws { try await writer.finish(nil) }
}

extension Response {
    /// An answer whose body is made while it is sent.
    ///
    /// - Parameters:
    ///   - isAwaited: whether the client waits for the head, which then goes before the body has anything; otherwise what
    ///     fails before the first bytes has a status.
    ///   - body: writes the body; what fails later breaks the answer off.
    static func stream(
        _ headers: HTTPFields,
        isAwaited: Bool = false,
        _ body: @escaping @Sendable (BodySink) async throws -> Void
    ) -> Response {
        Response(
            status: .ok,
            headers: headers,
            body: ResponseBody { writer in
                let sink = BodySink(writer)
                if isAwaited { try await sink.write(ByteBuffer()) }
                try await body(sink)
                try await sink.finish()
            }
        )
    }
}
