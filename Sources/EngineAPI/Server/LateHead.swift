import HTTPTypes
import Hummingbird
import HummingbirdCore

/// Writes an answer's head with the first bytes of its body: what fails before can still be answered with a status.
///
/// A route whose client waits for the head writes an empty buffer first.
struct LateHead: ResponseBodyWriter {
    private final class State {
        var writer: ResponseWriter?
        var body: (any ResponseBodyWriter)?

        init(_ writer: consuming ResponseWriter) { self.writer = consume writer }
    }

    private let head: HTTPResponse
    private let state: State

    init(_ head: HTTPResponse, _ writer: consuming ResponseWriter) {
        self.head = head
        state = State(writer)
    }

    /// Whether the head has been written.
    var isWritten: Bool { state.body != nil }

    @concurrent func write(_ buffer: ByteBuffer) async throws {
        try await writeHead()
        if buffer.readableBytes > 0 { try await state.body?.write(buffer) }
    }

    @concurrent func finish(_ trailers: HTTPFields?) async throws {
        try await writeHead()
        try await state.body?.finish(trailers)
    }

    /// Writes another answer; nothing of the first one has been sent.
    @concurrent func replace(by response: Response) async throws {
        guard let writer = state.writer.take() else { return }
        try await writer.write(response: response.head, body: response.body)
    }

    @concurrent private func writeHead() async throws {
        guard let writer = state.writer.take() else { return }
        state.body = try await writer.writeHead(head)
    }
}
