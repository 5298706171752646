import CommandLine
import Testing

@Suite("Detach keys")
struct DetachKeysTests {
    @Test(
        "Docker's notation is read",
        arguments: [
            ("ctrl-p,ctrl-q", [16, 17]), ("ctrl-a", [1]), ("ctrl-Z", [26]), ("CTRL-P,x", [16, 120]),
            ("a,B,~", [97, 66, 126]),
            ("ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", [0, 27, 28, 29, 30, 31]),
        ] as [(String, [UInt8])]
    )
    func reads(text: String, bytes: [UInt8]) throws {
        #expect(try DetachKeys(parsing: text).bytes == bytes)
    }

    @Test(
        "anything else is refused with an example",
        arguments: [
            "", ",", "ctrl-", "ctrl-p,", "ctrl-1", "ctrl-`", "ctrl-pq", "ctrl p", "é", "\n", " ", "ctrl-é",
            Array(repeating: "a", count: 17).joined(separator: ","),
        ]
    )
    func refuses(text: String) {
        let error = #expect(throws: UsageError.self) { try DetachKeys(parsing: text) }
        #expect(error?.message.hasSuffix("(write up to 16 keys such as ctrl-p,ctrl-q or ctrl-],x)") == true)
    }

    /// Feeds chunks, `^` standing for Ctrl-P and `$` for Ctrl-Q.
    private func scan(_ keys: DetachKeys, _ chunks: [String]) -> (passed: String, isDetached: Bool, rest: String) {
        var scanner = DetachScanner(keys)
        var passed: [UInt8] = []
        for chunk in chunks {
            let bytes = chunk.utf8.map { $0 == UInt8(ascii: "^") ? 16 : $0 == UInt8(ascii: "$") ? 17 : $0 }
            let (more, isDetached) = scanner.feed(bytes)
            passed += more
            if isDetached { return (show(passed), true, show(scanner.finish())) }
        }
        return (show(passed), false, show(scanner.finish()))
    }

    private func show(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map { $0 == 16 ? UInt8(ascii: "^") : $0 == 17 ? UInt8(ascii: "$") : $0 }, as: UTF8.self)
    }

    @Test(
        "what is typed passes, unless it is the whole sequence",
        arguments: [
            (["ls\r"], "ls\r", false, ""),
            (["a^$b"], "a", true, ""),
            (["a", "^", "$"], "a", true, ""),
            (["^", "x"], "^x", false, ""),
            (["^^^$"], "^^", true, ""),
            (["$^"], "$", false, "^"),
            (["^", ""], "", false, "^"),
        ]
    )
    func standard(chunks: [String], passed: String, isDetached: Bool, rest: String) {
        #expect(scan(.standard, chunks) == (passed, isDetached, rest))
    }

    @Test(
        "a sequence that begins again within itself is found",
        arguments: [
            ("a,a,b", ["aaab"], "a", true, ""),
            ("a,b,a,c", ["ababac"], "ab", true, ""),
            ("a,b,a,c", ["abab", "x"], "ababx", false, ""),
            ("x", ["ax"], "a", true, ""),
        ]
    )
    func overlap(keys: String, chunks: [String], passed: String, isDetached: Bool, rest: String) throws {
        #expect(try scan(DetachKeys(parsing: keys), chunks) == (passed, isDetached, rest))
    }
}
