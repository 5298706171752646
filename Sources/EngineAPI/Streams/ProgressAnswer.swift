import HTTPTypes
import Hummingbird
import Images

/// An answer that tells how a transfer goes: a line of JSON for each message.
enum ProgressAnswer {
    /// A transfer's failure, when the status has been sent.
    private struct Failure: Encodable {
        struct Detail: Encodable { let message: String }

        let errorDetail: Detail
        let error: String
    }

    /// Answers with the messages of a piece of work, and then with what it returns.
    ///
    /// A failure before the first message is the answer's status, a later one its last line, as in Docker.
    static func of(
        _ work: @escaping @Sendable (@escaping ProgressHandler) async throws -> [ProgressMessage]
    ) -> Response {
        Response(
            status: .ok,
            headers: .json,
            body: ResponseBody { writer in
                var hasWritten = false
                do {
                    try await run(work, &writer, &hasWritten)
                } catch {
                    guard hasWritten, !(error is CancellationError) else { throw error }
                    let message = EngineError(error).message
                    try await writer.write(try line(Failure(errorDetail: .init(message: message), error: message)))
                }
                try await writer.finish(nil)
            }
        )
    }

    @concurrent private static func run(
        _ work: @escaping @Sendable (@escaping ProgressHandler) async throws -> [ProgressMessage],
        _ writer: inout any ResponseBodyWriter,
        _ hasWritten: inout Bool
    ) async throws {
        let queue = ProgressQueue()
        async let last = finishing(queue, work)
        for await _ in queue.news { try await write(queue.takeAll(), &writer, &hasWritten) }
        try await write(queue.takeAll(), &writer, &hasWritten)
        try await write(try await last, &writer, &hasWritten)
    }

    @concurrent private static func write(
        _ messages: [ProgressMessage],
        _ writer: inout any ResponseBodyWriter,
        _ hasWritten: inout Bool
    ) async throws {
        guard let lines = try lines(messages) else { return }
        hasWritten = true
        try await writer.write(lines)
    }

    private static func finishing(
        _ queue: ProgressQueue,
        _ work: @escaping @Sendable (@escaping ProgressHandler) async throws -> [ProgressMessage]
    ) async throws -> [ProgressMessage] {
        defer { queue.finish() }
        return try await work(queue.take)
    }

    private static func lines(_ messages: [ProgressMessage]) throws -> ByteBuffer? {
        var lines = ByteBuffer()
        for message in messages { lines.writeImmutableBuffer(try line(message)) }
        return lines.readableBytes > 0 ? lines : nil
    }

    private static func line(_ value: some Encodable) throws -> ByteBuffer {
        var line = try JSONLine.encode(value)
        line.writeStaticString("\r\n")
        return line
    }
}
