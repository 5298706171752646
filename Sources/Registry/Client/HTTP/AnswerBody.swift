import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI

/// Reads answers into memory, never more than was allowed.
enum AnswerBody {
    /// Reads a whole answer.
    ///
    /// - Throws: `RegistryFailure` if it is larger than the limit, or breaks off.
    static func collect(_ response: HTTPClientResponse, limit: Int, from address: WebAddress) async throws -> [UInt8] {
        if let length = contentLength(response), length > Int64(limit) { throw tooLarge(address, limit) }
        var bytes: [UInt8] = []
        do {
            for try await buffer in response.body {
                guard bytes.count + buffer.readableBytes <= limit else { throw tooLarge(address, limit) }
                bytes.append(contentsOf: buffer.readableBytesView)
            }
        } catch {
            throw TransportProblem.failure(error, at: address)
        }
        return bytes
    }

    /// Reads the beginning of an answer, as far as it comes.
    static func beginning(_ response: HTTPClientResponse, limit: Int) async -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await buffer in response.body {
                bytes.append(contentsOf: buffer.readableBytesView.prefix(limit - bytes.count))
                if bytes.count == limit { break }
            }
        } catch {
            // It is only read for its words; the status has said what matters.
        }
        return bytes
    }

    /// The length that the head promises.
    static func contentLength(_ response: HTTPClientResponse) -> Int64? {
        response.headers.first(name: "Content-Length").flatMap { Int64($0) }
    }

    private static func tooLarge(_ address: WebAddress, _ limit: Int) -> RegistryFailure {
        RegistryFailure(.registry, "the answer of \(address) is larger than the \(limit) bytes that are read of it")
    }
}
