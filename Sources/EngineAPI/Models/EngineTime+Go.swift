import enum Pods.Timestamp

/// Times as Go writes them where it is left the choice.
extension EngineTime {
    /// What Go prints for a time that there has not been.
    package static let never = "0001-01-01T00:00:00Z"

    /// `2026-11-21T11:15:47.5Z`: as many digits of the second's fraction as it takes.
    package static func text(_ time: Int64?) -> String {
        guard let time else { return never }
        var text = format(nanoseconds: time).dropLast()
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text + "Z"
    }

    /// Reads a moment of a query.
    ///
    /// - Returns: `nil` for nothing and for 0, which mean "any time" to Docker.
    package static func parse(_ text: String?, _ name: String) throws(EngineError) -> Int64? {
        guard let text, !text.isEmpty, text != "0" else { return nil }
        return try parse(text, name: name, now: Timestamp.now)
    }
}
