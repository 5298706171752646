/// Rows for people to read: columns as wide as their widest cell, at least 10 characters, three spaces apart.
///
/// Cells may hold anything; control characters are shown as question marks, so a name cannot steer the terminal.
package struct Table: Sendable {
    private static let narrowest = 10
    private static let gap = 3

    private var rows: [[String]]

    /// Makes a table with nothing but its headings.
    package init(_ headings: String...) {
        self.init(headings)
    }

    /// Makes a table with headings that depend on what is asked for.
    package init(_ headings: [String]) {
        rows = [headings]
    }

    /// Adds a row, in which missing cells stay empty.
    package mutating func append(_ cells: [String]) {
        rows.append(cells.map(printable))
    }

    /// The lines, each with its end, without spaces before it.
    package var text: String {
        let widths = widths
        return rows.map { line($0, widths) + "\n" }.joined()
    }

    private var widths: [Int] {
        let columns = rows.map(\.count).max() ?? 0
        return (0..<columns).map { column in
            rows.reduce(Self.narrowest) { max($0, column < $1.count ? $1[column].count : 0) }
        }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: width - cell.count + Self.gap)
        }
        let line = padded.joined()
        return String(line.prefix(line.count - line.reversed().prefix { $0 == " " }.count))
    }
}
