package import FoundationEssentials

/// Times as image files write them (RFC 3339, with up to nine digits of fraction).
package enum Timestamp {
    /// Parses a time; `nil` if it is none, because a missing build date is no reason to refuse an image.
    package static func parse(_ text: String) -> Date? {
        guard let dot = text.firstIndex(of: ".") else { return whole(text) }
        let rest = text[text.index(after: dot)...]
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard let date = whole(text[..<dot] + rest.dropFirst(digits.count)) else { return nil }
        return date.addingTimeInterval(Double("0.\(digits)") ?? 0)
    }

    /// Writes a time in UTC, to the second.
    package static func format(_ date: Date) -> String {
        date.formatted(.iso8601)
    }

    private static func whole(_ text: some StringProtocol) -> Date? {
        try? Date(String(text), strategy: .iso8601)
    }
}
