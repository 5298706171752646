package import HTTPTypes
package import Hummingbird
package import Logging

/// What routes know of a request beside the request itself.
package struct EngineContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The connection that it came on.
    package let connection: EngineConnection
    /// The version of the API that the client speaks.
    package let version: APIVersion

    /// Where contexts come from.
    package struct Source: RequestContextSource {
        package let logger: Logger
        let connection: EngineConnection
        let version: APIVersion
    }

    package init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        connection = source.connection
        version = source.version
    }

    /// A part of the path, such as the `{id}` of `/containers/{id}/json`, without its percent signs.
    package func parameter(_ name: String) throws(EngineError) -> String {
        guard let text = parameters.get(name)?.percentDecoded, !text.isEmpty, !text.utf8.contains(0) else {
            throw EngineError(.badRequest, "the request's path has no proper \(name)")
        }
        return text
    }

    /// Takes the connection over as a raw stream, and runs a body with it (attach and exec).
    ///
    /// All that can fail with a status must have failed before. Clients that ask for an upgrade get it; for the others,
    /// which are old, the stream is the answer's body.
    ///
    /// - Parameter isMultiplexed: whether the body frames what it writes with `StreamFrame`; since API 1.42 the
    ///   answer's type says so.
    /// - Returns: what the route returns in turn; it is not sent.
    package func hijack(
        _ request: Request,
        isMultiplexed: Bool,
        _ body: (Hijacked) async throws -> Void
    ) async throws -> Response {
        let hasOwnType = isMultiplexed && version.minor >= 42
        let type = "application/vnd.docker.\(hasOwnType ? "multiplexed" : "raw")-stream"
        let head =
            request.headers.wantsUpgrade
            ? "HTTP/1.1 101 UPGRADED\r\nContent-Type: \(type)\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n\r\n"
        try await connection.hijack(head: ByteBuffer(string: head), body)
        return Response(status: .switchingProtocols)
    }
}

extension HTTPFields {
    /// Whether the request asks to use its connection for something else than HTTP.
    var wantsUpgrade: Bool {
        self[.upgrade] != nil && (self[.connection] ?? "").lowercased().contains("upgrade")
    }

    /// A header by any name.
    package func text(_ name: String) -> String? { HTTPField.Name(name).flatMap { self[$0] } }

    /// Sets a header of any name.
    mutating func set(_ name: String, _ value: String) {
        if let name = HTTPField.Name(name) { self[name] = value }
    }
}
