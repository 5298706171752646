import Pods
import Testing

struct PodNameTests {
    @Test("names that users may give", arguments: ["ab", "web-1", "A.b_c-d", "0x", String(repeating: "a", count: 63)])
    func good(name: String) throws {
        try PodName.validate(name)
    }

    @Test(
        "names that they may not, for the error to quote",
        arguments: [
            "", "a", "-a", ".a", "_a", "a b", "a/b", "a\n", "..", "ä1", "aé", String(repeating: "a", count: 64),
        ]
    )
    func bad(name: String) {
        let error = #expect(throws: PodsError.self) { try PodName.validate(name) }
        #expect(error?.code == .invalid)
        #expect(error?.message.hasPrefix("\"\(name)\" is no name for a container (use 2 to 63 letters") == true)
    }

    @Test("a made-up name is one that a user may give, and two are rarely the same")
    func random() throws {
        var generator = SystemRandomNumberGenerator()
        let names = (0..<200).map { _ in PodName.random(using: &generator) }
        for name in names { try PodName.validate(name) }
        #expect(Set(names).count > 150)
    }
}
