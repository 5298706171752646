/// A lookup of the loaded word among ranges, as a balanced tree of comparisons: n ranges cost log2(n) steps.
struct BPFSearch {
    /// Where a range begins, and what is done with its values; it ends before the next one begins.
    struct Range {
        let start: UInt32
        let code: [BPFInstruction]
    }

    private let ranges: [Range]

    /// Describes a lookup; the first range must begin at 0, and each later one above the one before.
    init(_ ranges: [Range]) {
        precondition(ranges.first?.start == 0, "ranges must cover all values")
        precondition(zip(ranges, ranges.dropFirst()).allSatisfy { $0.start < $1.start }, "ranges must be in order")
        self.ranges = ranges
    }

    /// The instructions; each way through them ends with the code of one range.
    var code: [BPFInstruction] { Self.code(of: ranges[...]) }

    private static func code(of ranges: ArraySlice<Range>) -> [BPFInstruction] {
        guard ranges.count > 1 else { return ranges.first?.code ?? [] }
        let middle = ranges.startIndex + ranges.count / 2
        let lower = code(of: ranges[..<middle])
        let branch = branch(toLower: lower.count, start: ranges[middle].start)
        return branch + lower + code(of: ranges[middle...])
    }

    /// A conditional jump reaches 255 instructions only, an unconditional one any distance.
    private static func branch(toLower count: Int, start: UInt32) -> [BPFInstruction] {
        if let distance = UInt8(exactly: count) { return [.isAtLeast(start, ifTrue: distance)] }
        return [.isAtLeast(start, ifFalse: 1), .skip(count)]
    }
}
