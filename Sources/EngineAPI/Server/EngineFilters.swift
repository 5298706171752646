import FoundationEssentials
import HTTPTypes

/// The `filters` of a query: names, each with values of which one must fit.
///
/// Docker's form is `{"label":{"a=b":true}}`, and an older one `{"label":["a=b"]}`; both are in use.
package struct EngineFilters: Sendable {
    private let values: [String: [String]]

    /// Reads the filters of a query.
    ///
    /// - Parameter known: the names that the route understands; another one is an error, as in Docker.
    package init(_ query: EngineQuery, known: Set<String>) throws(EngineError) {
        guard let text = query["filters"], !text.isEmpty else {
            values = [:]
            return
        }
        let data = Data(text.utf8)
        let decoder = JSONDecoder()
        if let sets = try? decoder.decode([String: [String: Bool]].self, from: data) {
            values = sets.mapValues { set in set.filter(\.value).map(\.key).sorted() }
        } else if let lists = try? decoder.decode([String: [String]].self, from: data) {
            values = lists
        } else {
            throw EngineError(
                .badRequest,
                "invalid filter: the query's filters are not in the form {\"name\":[\"value\"]}"
            )
        }
        if let stranger = values.keys.sorted().first(where: { !known.contains($0) }) {
            throw EngineError(.badRequest, "invalid filter '\(stranger.prefix(50))'")
        }
    }

    /// The values of a name; empty where it is not filtered by.
    package subscript(_ name: String) -> [String] { values[name] ?? [] }

    /// Whether the name is filtered by.
    package func has(_ name: String) -> Bool { values[name]?.isEmpty == false }

    /// Whether one of the name's values fits, or there are none.
    package func allows(_ name: String, _ fits: (String) throws -> Bool) rethrows -> Bool {
        guard let wanted = values[name], !wanted.isEmpty else { return true }
        return try wanted.contains(where: fits)
    }

    /// A yes or no; `nil` where it is not filtered by.
    package func flag(_ name: String) throws(EngineError) -> Bool? {
        guard let values = values[name], !values.isEmpty else { return nil }
        switch Set(values.map { $0.lowercased() }) {
        case ["true"], ["1"], ["true", "1"]: return true
        case ["false"], ["0"], ["false", "0"]: return false
        default: throw EngineError(.badRequest, "invalid filter '\(name)=\(values.joined(separator: ",").prefix(50))'")
        }
    }

    /// Whether labels fit all of `label` and none of `label!`: `key`, or `key=value`.
    package func allowsLabels(_ labels: [String: String]) -> Bool {
        self["label"].allSatisfy { Self.fits($0, labels) } && !self["label!"].contains { Self.fits($0, labels) }
    }

    private static func fits(_ wanted: String, _ labels: [String: String]) -> Bool {
        let parts = wanted.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let value = labels[parts[0]] else { return false }
        return parts.count == 1 || value == parts[1]
    }
}
