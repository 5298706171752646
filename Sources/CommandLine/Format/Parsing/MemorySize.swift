/// An amount of memory as Docker's options take it.
package struct MemorySize: Equatable, Sendable {
    /// The amount.
    package let bytes: UInt64

    /// Reads a number and a unit, such as `128m`, `1.5g` or `4096`.
    ///
    /// The units are powers of 1024: `b`, `k`, `m`, `g` or `t` in any case, also as `mb` or `MiB`. None means bytes.
    package init(parsing text: String) throws(UsageError) {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let value = DecimalNumber(number), let shift = Self.shift(text.dropFirst(number.count)) else {
            throw UsageError("\(quoted(text)) is no size (write a number with a unit, such as 128m or 1.5g)")
        }
        // Beyond a signed number the kernel's interfaces take it for something else.
        guard let bytes = value.times(1 << shift)?.value, bytes <= Int64.max else {
            throw UsageError("the size \(quoted(text)) is too large (no machine has more than 8 EiB)")
        }
        self.bytes = bytes
    }

    private static func shift(_ unit: Substring) -> UInt64? {
        var unit = unit.lowercased()
        if unit.count == 3, unit.hasSuffix("ib") { unit.removeLast(2) }
        if unit.count == 2, unit.hasSuffix("b"), unit != "bb" { unit.removeLast() }
        return ["": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40][unit]
    }
}
