import FoundationEssentials
import HTTPTypes
import OCI

/// Times as Docker's clients write and read them.
package enum EngineTime {
    /// A time in UTC with nine digits of fraction.
    package static func format(nanoseconds time: Int64) -> String {
        let (seconds, rest) = (time / 1_000_000_000, time % 1_000_000_000)
        let whole = Timestamp.format(Date(timeIntervalSince1970: TimeInterval(seconds)))
        let digits = "\(rest)"
        return "\(whole.dropLast()).\(String(repeating: "0", count: 9 - digits.count))\(digits)Z"
    }

    /// A time in UTC.
    static func format(_ date: Date) -> String {
        format(nanoseconds: Int64(date.timeIntervalSince1970 * 1_000_000_000))
    }

    /// Reads a moment in nanoseconds since 1970: seconds with or without a fraction, RFC 3339, or a duration before now.
    ///
    /// - Throws: 400 naming the parameter.
    package static func parse(_ text: String, name: String, now: Int64) throws(EngineError) -> Int64 {
        if let seconds = seconds(text) { return seconds }
        if let date = Timestamp.parse(text) { return Int64(date.timeIntervalSince1970 * 1_000_000_000) }
        if let duration = duration(text) { return now - duration }
        throw EngineError(.badRequest, "\(name) is \"\(printable(text.utf8, limit: 50))\", which is no time")
    }

    private static func seconds(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = Int64(parts[0]), let nanoseconds = scaled(whole, 1_000_000_000) else { return nil }
        guard parts.count == 2 else { return nanoseconds }
        let digits = parts[1].prefix(9)
        guard let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count)), fraction >= 0 else {
            return nil
        }
        return nanoseconds.addingReportingOverflow(fraction).partialValue
    }

    /// Go's durations, such as `1h30m` or `1.5s`.
    static func duration(_ text: String) -> Int64? {
        let units: [(String, Int64)] = [
            ("ns", 1), ("us", 1000), ("µs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ]
        var rest = text[...]
        var sum: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let word = String(rest.prefix { !$0.isNumber })
            rest = rest.dropFirst(word.count)
            guard let number = Double(digits), let unit = units.first(where: { $0.0 == word })?.1,
                let part = Int64(exactly: (number * Double(unit)).rounded())
            else { return nil }
            let (total, overflow) = sum.addingReportingOverflow(part)
            guard !overflow else { return nil }
            sum = total
        }
        return sum
    }

    private static func scaled(_ value: Int64, _ factor: Int64) -> Int64? {
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
