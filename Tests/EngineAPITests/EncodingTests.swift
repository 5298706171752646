import NIOCore
import Testing

@testable import EngineAPI

@Suite struct EncodingTests {
    @Test(
        "a frame has its stream, its length and its bytes",
        arguments: [
            (StreamFrame.Stream.output, [UInt8](), [1, 0, 0, 0, 0, 0, 0, 0]),
            (.error, [9, 8], [2, 0, 0, 0, 0, 0, 0, 2, 9, 8]),
            (.input, [7], [0, 0, 0, 0, 0, 0, 0, 1, 7]),
            (.system, [UInt8](repeating: 5, count: 258), [3, 0, 0, 0, 0, 0, 1, 2] + [UInt8](repeating: 5, count: 258)),
        ] as [(StreamFrame.Stream, [UInt8], [UInt8])]
    )
    func frames(stream: StreamFrame.Stream, bytes: [UInt8], frame: [UInt8]) {
        #expect(Array(StreamFrame.encode(stream, bytes).readableBytesView) == frame)
    }

    @Test(
        "flags of a query are read as Docker reads them",
        arguments: [
            ("", false), ("all", false), ("all=", false), ("all=0", false), ("all=false", false), ("all=False", false),
            ("all=no", false), ("all=none", false), ("all=1", true), ("all=true", true), ("all=yes", true),
            ("x=1&all=1", true), ("all=%31", true),
        ]
    )
    func flags(query: String, value: Bool) {
        #expect(EngineQuery(query).flag("all") == value)
    }

    @Test("numbers and text of a query are decoded, and what is no number is refused")
    func values() throws {
        let query = EngineQuery("n=-12&t=a%2Fb+c%3D&t=second&bad=1x&broken=%zz")
        #expect(try query.number("n") == -12)
        #expect(try query.number("missing") == nil)
        #expect(query["t"] == "a/b c=")
        #expect(query.all("t") == ["a/b c=", "second"])
        #expect(query["broken"] == "%zz")
        #expect(throws: EngineError.self) { try query.number("bad") }
    }

    @Test(
        "filters are read in both of Docker's forms, and strangers are refused",
        arguments: [
            ("", []), (#"{"label":{"a=b":true,"c":true,"no":false}}"#, ["a=b", "c"]), (#"{"label":["x"]}"#, ["x"]),
            ("{}", []), (#"{"other":["x"]}"#, nil), ("[1]", nil), (#"{"label":3}"#, nil),
        ] as [(String, [String]?)]
    )
    func filters(text: String, values: [String]?) {
        let escaped = text.replacing("=", with: "%3D")
        let filters = try? EngineFilters(EngineQuery("filters=\(escaped)"), known: ["label"])
        #expect(filters?["label"] == values)
    }

    @Test("labels are filtered by key, by value and by what must not be")
    func labels() throws {
        func allows(_ json: String) throws -> Bool {
            let filters = try EngineFilters(EngineQuery("filters=\(json)"), known: ["label", "label!"])
            return filters.allowsLabels(["a": "b", "c": ""])
        }
        #expect(try allows(#"{"label":["a"]}"#))
        #expect(try allows(#"{"label":["a%3Db","c%3D"]}"#))
        #expect(try allows(#"{"label":["a","x"]}"#) == false)
        #expect(try allows(#"{"label!":["a"]}"#) == false)
    }

    @Test(
        "percent signs are decoded strictly",
        arguments: [("a%20b", "a b"), ("%c3%a9", "é"), ("%", nil), ("%4", nil), ("%gg", nil), ("%ff", nil), ("", "")]
            as [(String, String?)]
    )
    func percent(text: String, decoded: String?) {
        #expect(text.percentDecoded == decoded)
    }
}
