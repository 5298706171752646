import Testing

@testable import EngineAPI

struct EngineTimeTests {
    @Test(
        "times are written as Go writes them",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00Z"), (1_500_000_000, "1970-01-01T00:00:01.5Z"),
            (1_700_000_000_000_000_001, "2023-11-14T22:13:20.000000001Z"),
        ]
    )
    func text(time: Int64, text: String) { #expect(EngineTime.text(time) == text) }

    @Test("a time that has not been is Go's zero")
    func never() { #expect(EngineTime.text(nil) == "0001-01-01T00:00:00Z") }

    @Test(
        "times are read in both of Docker's forms, and none means any",
        arguments: [
            ("1", Int64(1_000_000_000)), ("1.5", 1_500_000_000), ("1.000000001", 1_000_000_001), ("0", nil),
            ("", nil), (nil, nil), ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
            ("2023-11-14T23:13:20+01:00", 1_700_000_000_000_000_000),
        ] as [(String?, Int64?)]
    )
    func parse(text: String?, time: Int64?) throws { #expect(try EngineTime.parse(text, "since") == time) }

    @Test("what is no time is refused", arguments: ["yesterday", "99999999999999999999", "-"])
    func refuse(text: String) {
        #expect(throws: EngineError.self) { try EngineTime.parse(text, "since") }
    }
}
