import Foundation
import Testing

@testable import EngineAPI

/// The tables of docs/engine-containers.md are those of the code.
struct DocumentationTests {
    private static func rows(of section: String) throws -> [String] {
        let file = URL(filePath: #filePath).appending(path: "../../../../docs/engine-containers.md").standardized
        let text = try String(contentsOf: file, encoding: .utf8)
        let lines = text.split(separator: "\n").drop { $0 != "### \(section)" }.dropFirst().prefix {
            !$0.hasPrefix("#")
        }
        return lines.filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").prefix(2).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
        }
    }

    @Test("every member and what becomes of it is documented")
    func tables() throws {
        for (section, fields) in [("The request", RequestField.configuration), ("HostConfig", RequestField.host)] {
            let expected = fields.map { "`\($0.name)` \($0.treatment.name)" }.sorted()
            #expect(try Self.rows(of: section).sorted() == expected)
        }
    }
}
