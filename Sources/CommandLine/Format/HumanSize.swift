/// Sizes for people to read, as Docker prints them.
package enum HumanSize {
    /// Powers of 1000 and three digits, for images and disks: `1.2GB`, `72.8kB`.
    package static func decimal(_ bytes: UInt64) -> String {
        text(bytes, base: 1000, digits: 3, units: ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
    }

    /// Powers of 1024 and four digits, for memory: `1.5GiB`, `45.88MiB`.
    package static func binary(_ bytes: UInt64) -> String {
        text(bytes, base: 1024, digits: 4, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
    }

    private static func text(_ bytes: UInt64, base: Double, digits: Int, units: [String]) -> String {
        var (value, unit) = (Double(bytes), 0)
        while unit + 1 < units.count, value >= base || isFull(value, base, digits) {
            value /= base
            unit += 1
        }
        return number(value, digits) + units[unit]
    }

    /// Whether rounding makes it a whole next unit: 999,950 bytes are 1 MB, not 1000 kB.
    private static func isFull(_ value: Double, _ base: Double, _ digits: Int) -> Bool {
        let scale = power(of: 10, decimals(value, digits))
        return (value * scale).rounded() / scale >= base
    }

    /// A number with at most so many digits, without zeros at the end of its fraction.
    private static func number(_ value: Double, _ digits: Int) -> String {
        let decimals = decimals(value, digits)
        let scaled = UInt64((value * power(of: 10, decimals)).rounded())
        var text = String(scaled)
        guard decimals > 0 else { return text }
        text = String(repeating: "0", count: max(0, decimals + 1 - text.count)) + text
        let split = text.index(text.endIndex, offsetBy: -decimals)
        var fraction = text[split...]
        while fraction.last == "0" { fraction.removeLast() }
        return String(text[..<split]) + (fraction.isEmpty ? "" : "." + fraction)
    }

    private static func decimals(_ value: Double, _ digits: Int) -> Int {
        let whole = value >= 1000 ? 4 : value >= 100 ? 3 : value >= 10 ? 2 : 1
        return max(0, digits - whole)
    }

    private static func power(of base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { power, _ in power * base }
    }
}
