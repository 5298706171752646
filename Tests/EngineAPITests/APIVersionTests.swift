import Testing

@testable import EngineAPI

@Suite struct APIVersionTests {
    @Test(
        "a path's version is read, and what is none is not",
        arguments: [
            ("v1.24", 24), ("v1.41", 41), ("v1.47", 47), ("v1.100", 100), ("v1.0", 0),
            ("1.41", nil), ("v2.0", nil), ("v1.", nil), ("v1.4x", nil), ("v1.+4", nil), ("v1.1234", nil),
            ("containers", nil),
        ] as [(String, Int?)]
    )
    func reads(text: String, minor: Int?) {
        #expect(APIVersion(pathComponent: text)?.minor == minor)
    }

    @Test("versions outside of what is served are refused with both numbers")
    func refusals() throws {
        let old = try #require(APIVersion(pathComponent: "v1.23")?.refusal)
        #expect(old.contains("client version 1.23 is too old") && old.contains("1.24"))
        let new = try #require(APIVersion(pathComponent: "v1.48")?.refusal)
        #expect(new.contains("client version 1.48 is too new") && new.contains("1.47"))
        #expect(APIVersion.oldest.refusal == nil && APIVersion.newest.refusal == nil)
    }
}
