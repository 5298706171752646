import Images
import Testing

@testable import CommandLine

@Suite("Limits on images")
struct ImageLimitsTests {
    @Test("the environment sets them, and the rest stays as it is")
    func read() throws {
        let variables = ["APUS_MAX_BLOB": "500m", "APUS_MAX_LAYER": "2g", "APUS_MAX_ENTRIES": "1000"]
        let limits = try ImageLimits.read(variables)
        #expect(limits.blobBytes == 500 << 20 && limits.layerBytes == 2 << 30 && limits.entries == 1000)
        #expect(try ImageLimits.read([:]).entries == Limits().entries)
        #expect(limits.layers == Limits().layers)
    }

    @Test(
        "what is no limit is named",
        arguments: ["APUS_MAX_BLOB", "APUS_MAX_LAYER", "APUS_MAX_ENTRIES"],
        ["", "much", "-1", "0"]
    )
    func refused(name: String, text: String) {
        let error = #expect(throws: (any Error).self) { try ImageLimits.read([name: text]) }
        #expect(error.map { "\($0)".contains(name) } == true)
    }
}
