import AsyncHTTPClient
import NIOHTTP1
import OCI

/// An answer that is not what was asked for, and what the registry says about it.
struct RefusedAnswer: Sendable {
    let status: UInt
    /// The registry's own words in quotes, with a space before; empty if it has none.
    let words: String
    private let retryAfter: Duration?

    /// Reads at most 64 KiB of the answer.
    init(_ response: HTTPClientResponse) async {
        status = response.status.code
        retryAfter = response.headers.first(name: "Retry-After").flatMap(Self.seconds)
        words = Self.words(await AnswerBody.beginning(response, limit: 64 << 10))
    }

    /// The failure of an answer that nothing more is known about.
    func failure(_ name: String) -> RegistryFailure {
        var failure = RegistryFailure(code, "\(name) \(meaning)\(words)")
        failure.heals = status == 408 || status == 429 || (500...599).contains(status)
        failure.retryAfter = failure.heals ? retryAfter : nil
        failure.status = status
        return failure
    }

    private var code: ImageError.Code {
        switch status {
        case 401, 403: .unauthorized
        case 404: .notFound
        case 408, 429, 500...599: .unreachable
        default: .registry
        }
    }

    private var meaning: String {
        switch status {
        case 404: "does not have it"
        case 429: "gets too many requests from here (wait, or log in)"
        case 500...599: "has a problem of its own, status \(status) (try again later)"
        default: "answers with status \(status)"
        }
    }

    private static func seconds(_ text: String) -> Duration? {
        // The other form, a date, would need both clocks to agree.
        text.utf8.count <= 9 ? UInt32(text).map { .seconds(Int64($0)) } : nil
    }

    private struct Document: Decodable {
        struct Problem: Decodable {
            var code: String?
            var message: String?
        }

        var errors: [Problem]?
        /// How token servers of other makers say it.
        var details: String?
    }

    private static func words(_ bytes: [UInt8]) -> String {
        guard let document = try? JSONFile.decode(Document.self, bytes, name: "error") else { return "" }
        let problem = document.errors?.first
        let text = [problem?.code?.lowercased(), problem?.message, document.details].compactMap(\.self)
            .filter { !$0.isEmpty }.joined(separator: ": ")
        return text.isEmpty ? "" : ": \"\(printable(text.utf8))\""
    }
}
