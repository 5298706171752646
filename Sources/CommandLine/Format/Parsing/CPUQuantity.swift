/// An amount of processor time as Docker's `--cpus` takes it.
package struct CPUQuantity: Equatable, Sendable {
    /// Thousandths of a CPU, at least 1.
    package let milliCPU: UInt32

    /// More than any machine has; it keeps sums of quantities within their type.
    private static let most: UInt64 = 8192

    /// Reads `2` or `0.5`; digits beyond thousandths must be zeros.
    package init(parsing text: String) throws(UsageError) {
        guard let number = DecimalNumber(text) else {
            throw UsageError("\(quoted(text)) is no number of CPUs (write it as 2 or 0.5)")
        }
        guard let (millis, isExact) = number.times(1000), millis <= Self.most * 1000 else {
            throw UsageError("\(quoted(text)) CPUs are more than any machine has (the most is \(Self.most))")
        }
        guard millis > 0, isExact else {
            throw UsageError("\(quoted(text)) CPUs cannot be given (use thousandths, at least 0.001)")
        }
        milliCPU = UInt32(millis)
    }
}
