import Hummingbird

/// A terminal's size as queries tell it.
struct TerminalDimensions: Sendable, Equatable {
    let rows, columns: UInt16

    /// Reads `h` and `w`.
    init(_ query: EngineQuery) throws(EngineError) {
        rows = try Self.number(query, "h")
        columns = try Self.number(query, "w")
    }

    /// Reads a pair of numbers, the rows first; `nil` for anything else, and for a size that is none.
    init?(_ pair: [Int64]) {
        guard pair.count == 2, let rows = UInt16(exactly: pair[0]), let columns = UInt16(exactly: pair[1]), rows > 0,
            columns > 0
        else { return nil }
        (self.rows, self.columns) = (rows, columns)
    }

    private static func number(_ query: EngineQuery, _ name: String) throws(EngineError) -> UInt16 {
        guard let number = try query.number(name), let size = UInt16(exactly: number) else {
            throw EngineError(.badRequest, "\(name) must be a number up to 65535 (the terminal's size)")
        }
        return size
    }
}
