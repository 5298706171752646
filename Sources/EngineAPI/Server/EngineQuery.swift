import HTTPTypes
package import Hummingbird

/// The query of a request, read as Docker reads it.
package struct EngineQuery: Sendable {
    private let values: [(name: String, value: String)]

    /// Reads what stands behind a path's question mark.
    package init(_ text: String) {
        values = text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(parts[0]), parts.count == 2 ? Self.decoded(parts[1]) : "")
        }
    }

    /// The first value of a name; `nil` if it is not there.
    package subscript(_ name: String) -> String? { values.first { $0.name == name }?.value }

    /// All values of a name.
    package func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

    /// A flag: not there, empty, `0`, `no`, `false` and `none` mean no, everything else yes.
    package func flag(_ name: String, default standard: Bool = false) -> Bool {
        guard let value = self[name] else { return standard }
        return !["", "0", "no", "false", "none"].contains(value.trimmed.lowercased())
    }

    /// A number; `nil` if it is not there or empty.
    package func number(_ name: String) throws(EngineError) -> Int? {
        guard let text = self[name], !text.isEmpty else { return nil }
        guard let number = Int(text) else {
            throw EngineError(.badRequest, "\(name) is \"\(text.prefix(50))\", which is no number")
        }
        return number
    }

    private static func decoded(_ text: Substring) -> String {
        let spaced = text.replacing("+", with: " ")
        return String(spaced).percentDecoded ?? String(text)
    }
}

extension Request {
    /// The query.
    package var query: EngineQuery { EngineQuery(uri.query ?? "") }
}

extension String {
    /// Without white space at either end.
    fileprivate var trimmed: Substring {
        let start = drop(while: \.isWhitespace)
        return start.lastIndex { !$0.isWhitespace }.map { start[...$0] } ?? ""
    }
}
