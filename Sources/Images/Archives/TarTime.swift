/// A time as pax writes it: decimal seconds with a sign and a fraction, `-1.25`.
struct TarTime {
    var seconds: Int64
    var nanoseconds: UInt32

    /// Reads a time; `nil` if it is none.
    ///
    /// What is finer than a nanosecond is cut off.
    init?(_ text: [UInt8]) {
        let isNegative = text.first == UInt8(ascii: "-")
        let parts = text.dropFirst(isNegative ? 1 : 0)
            .split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, let count = TarSparse.decimal(whole) else { return nil }
        let digits = parts.count > 1 ? parts[1] : []
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let fraction = (0..<9).reduce(UInt32(0)) { value, place in
            value * 10 + (place < digits.count ? UInt32(digits[digits.startIndex + place] - 0x30) : 0)
        }
        // The fraction always counts forward: -1.25 is a quarter before -1.
        let borrows = isNegative && fraction > 0
        seconds = isNegative ? -count - (borrows ? 1 : 0) : count
        nanoseconds = borrows ? 1_000_000_000 - fraction : fraction
    }
}
