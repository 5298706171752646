import FoundationEssentials
package import HTTPTypes
package import Hummingbird

extension Response {
    /// An answer in JSON.
    package static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        do {
            var body = try JSONLine.encode(value)
            body.writeInteger(UInt8(ascii: "\n"))
            return Response(status: status, headers: .json, body: ResponseBody(byteBuffer: body))
        } catch {
            // Only a number that is none (NaN) cannot be written.
            let message = ByteBuffer(string: #"{"message":"the answer cannot be written as JSON"}"#)
            return Response(status: .internalServerError, headers: .json, body: ResponseBody(byteBuffer: message))
        }
    }

    /// An answer without a body.
    package static var noContent: Response { Response(status: .noContent) }

    /// An answer in plain text.
    static func text(_ text: String) -> Response {
        let headers: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension HTTPFields {
    static var json: HTTPFields { [.contentType: "application/json"] }
}

/// Values on one line each.
package enum JSONLine {
    /// The JSON of a value, on one line and without its end.
    package static func encode(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(value))
    }
}

extension Request {
    /// Bytes of a request's JSON; the largest are containers with thousands of variables.
    private static let mostJSON = 4 << 20

    /// The request's body, which must be JSON.
    package func json<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        guard let value = try await jsonIfPresent(type) else {
            throw EngineError(.badRequest, "the request has no body (send JSON)")
        }
        return value
    }

    /// The request's body, if it has one.
    package func jsonIfPresent<Value: Decodable>(_ type: Value.Type) async throws -> Value? {
        let body = try await body.collect(upTo: Self.mostJSON)
        guard body.readableBytes > 0 else { return nil }
        let contentType = headers[.contentType]?.prefix { $0 != ";" } ?? ""
        // A page in somebody's browser can send other types unasked.
        guard contentType.lowercased() == "application/json" else {
            throw EngineError(.badRequest, "the request's Content-Type must be \"application/json\"")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
        } catch let error as DecodingError {
            throw EngineError(.badRequest, "the request's JSON is not as expected: \(error.place)")
        }
    }
}

extension DecodingError {
    /// Where it happened and what was wrong, in few words.
    var place: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
        default: return "it cannot be read"
        }
    }
}
