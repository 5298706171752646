extension FaultyRegistry {
    /// What a client sent.
    package struct Request: Sendable {
        package let method: String
        /// Path and query.
        package let uri: String
        /// In the order they came, names in lower case.
        package let headers: [(name: String, value: String)]
        package internal(set) var body: [UInt8]

        /// Without the query.
        package var path: String { String(uri.prefix { $0 != "?" }) }

        /// The query, as it was encoded.
        package var query: String { String(uri.dropFirst(path.count + 1)) }

        /// The first value of a header field.
        package func header(_ name: String) -> String? {
            headers.first { $0.name == name.lowercased() }?.value
        }

        var key: String { "\(method) \(path)" }
    }

    /// What it answers, which need not make sense.
    package struct Answer: Sendable {
        package var status: Int
        package var headers: [String: String]
        package var body: [UInt8]
        /// What the head says about the length; the truth if left out.
        package var announced: Int?
        /// Whether the head is silent about the length, and the body comes in chunks.
        package var isChunked = false
        /// After how many bytes of the body the connection is cut.
        package var cutAt: Int?
        /// After how many bytes of the body nothing more comes, while the connection stays.
        package var stallsAt: Int?
        /// Whether nothing is answered at all.
        package var isSilent = false

        package init(_ status: Int, _ headers: [String: String] = [:], body: [UInt8] = []) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        /// JSON.
        package static func json(_ text: String, status: Int = 200, _ headers: [String: String] = [:]) -> Answer {
            Answer(
                status,
                headers.merging(["Content-Type": "application/json"]) { $1 },
                body: Array(text.utf8)
            )
        }

        /// An error in the registry's own form.
        package static func problem(_ status: Int, code: String, message: String) -> Answer {
            json(#"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#, status: status)
        }

        /// Never an answer.
        package static var silence: Answer {
            var answer = Answer(200)
            answer.isSilent = true
            return answer
        }
    }
}
