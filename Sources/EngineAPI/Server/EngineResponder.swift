import HTTPTypes
import Hummingbird
import HummingbirdCore
import Linux
import Logging
import NIOCore
import OCI

/// Answers requests: finds out the version, hands over to the route, and adds what every answer has.
struct EngineResponder: Sendable {
    let router: RouterResponder<EngineContext>
    let logger: Logger
    /// What `Server` says.
    let server: String

    @concurrent func respond(to request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel)
        async throws
    {
        let began = ContinuousClock.now
        let connection = EngineConnection(channel)
        var log = logger
        log[metadataKey: "request.id"] = "\(Self.newID())"
        if request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        let response = completed(await answer(request, connection, log))
        do {
            let status = connection.isTaken ? response.status : try await send(response, writer)
            await record(Entry(request: request, status: status, began: began), connection, log)
        } catch {
            // The client is gone, or an answer has failed that had begun: it ends without its end.
            await record(Entry(request: request, status: response.status, began: began, error: error), connection, log)
            throw error
        }
    }

    /// Writes an answer.
    ///
    /// - Returns: the status that was sent in the end.
    @concurrent private func send(
        _ response: Response,
        _ writer: consuming ResponseWriter
    ) async throws -> HTTPResponse.Status {
        guard response.body.contentLength == nil else {
            try await writer.write(response: response.head, body: response.body)
            return response.status
        }
        let late = LateHead(response.head, writer)
        do {
            try await response.body.write(late)
            return response.status
        } catch {
            guard !late.isWritten, !Task.isCancelled else { throw error }
            let failure = completed(EngineError(error).response)
            try await late.replace(by: failure)
            return failure.status
        }
    }

    private func answer(_ request: Request, _ connection: EngineConnection, _ log: Logger) async -> Response {
        do {
            let path = request.uri.path
            let (version, rest) = try Self.version(of: path)
            var head = request.head
            head.path = rest + (head.path ?? "").dropFirst(path.utf8.count)
            let context = EngineContext(source: .init(logger: log, connection: connection, version: version))
            return try await router.respond(to: Request(head: head, body: request.body), context: context)
        } catch {
            return EngineError(error).response
        }
    }

    /// Takes the version off a path; the newest is meant where there is none.
    static func version(of path: String) throws(EngineError) -> (APIVersion, String) {
        let first = path.dropFirst().prefix { $0 != "/" }
        guard path.hasPrefix("/"), let version = APIVersion(pathComponent: first) else { return (.newest, path) }
        if let refusal = version.refusal { throw EngineError(.badRequest, refusal) }
        return (version, String(path.dropFirst(1 + first.count)))
    }

    private func completed(_ response: Response) -> Response {
        var response = response
        response.headers.set("Api-Version", "\(APIVersion.newest)")
        response.headers.set("Docker-Experimental", "false")
        response.headers.set("Ostype", "linux")
        response.headers[.server] = server
        return response
    }

    private struct Entry {
        let request: Request
        let status: HTTPResponse.Status
        let began: ContinuousClock.Instant
        var error: (any Error)?
    }

    /// One line for a request that changes something, who asked included; the others only when somebody looks for them.
    private func record(_ entry: Entry, _ connection: EngineConnection, _ log: Logger) async {
        let isReading = [.get, .head].contains(entry.request.method)
        let level: Logger.Level = isReading ? .debug : .info
        guard log.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "method": "\(entry.request.method)", "path": "\(printable(entry.request.uri.path.utf8))",
            "status": "\(entry.status.code)", "duration": "\(ContinuousClock.now - entry.began)",
        ]
        if let error = entry.error { metadata["error"] = "\(error)" }
        if let peer = await connection.peer() {
            metadata["uid"] = "\(peer.uid)"
            metadata["pid"] = "\(peer.pid)"
        }
        log.log(level: level, isReading ? "request" : "audit", metadata: metadata)
    }

    private static func newID() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Makes Docker's answers of all failures, those of the router included.
struct ErrorAnswers: RouterMiddleware {
    typealias Context = EngineContext

    @concurrent func handle(
        _ request: Request,
        context: EngineContext,
        next: @concurrent (Request, EngineContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let answer = EngineError(error)
            context.logger.debug("request failed", metadata: ["error": "\(error)", "status": "\(answer.status.code)"])
            // An answer to HEAD has no body; clients would take one for the next answer.
            return request.method == .head ? Response(status: answer.status) : answer.response
        }
    }
}
