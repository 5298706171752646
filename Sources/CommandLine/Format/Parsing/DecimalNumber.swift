/// A number as people write it, `12` or `0.5`, kept exactly: no binary fraction rounds it.
struct DecimalNumber: Equatable {
    /// The digits before and after the point, as one number.
    let digits: UInt64
    /// How many of them come after the point.
    let decimals: Int

    /// Reads digits with at most one point between them; `nil` for anything else and for more than 18 digits.
    init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false)
        let bytes = parts.joined()
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }), bytes.count <= 18 else { return nil }
        guard bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        digits = bytes.reduce(0) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
        decimals = parts.count == 2 ? parts[1].count : 0
    }

    /// The number times a factor, rounded down, and whether nothing was lost; `nil` if that is too large.
    func times(_ factor: UInt64) -> (value: UInt64, isExact: Bool)? {
        let product = digits.multipliedFullWidth(by: factor)
        let divisor = (0..<decimals).reduce(UInt64(1)) { power, _ in power * 10 }
        guard product.high < divisor else { return nil }
        let (quotient, remainder) = divisor.dividingFullWidth(product)
        return (quotient, remainder == 0)
    }
}
