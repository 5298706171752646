import Testing

@testable import Registry

@Suite("Header fields of registries")
struct HeaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let fields: [String]
        let challenges: [Challenge]

        var testDescription: String { fields.joined(separator: " | ") }
    }

    @Test(
        "challenges are read as RFC 9110 writes them",
        arguments: [
            Case(fields: [], challenges: []),
            Case(fields: [""], challenges: []),
            Case(fields: ["Basic"], challenges: [Challenge(scheme: "basic")]),
            Case(
                fields: [#"Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push""#],
                challenges: [
                    Challenge(
                        scheme: "bearer",
                        parameters: [
                            "realm": "https://auth.example/token", "service": "reg",
                            "scope": "repository:a/b:pull,push",
                        ]
                    )
                ]
            ),
            Case(
                fields: [#"bearer REALM = "a \"b\\ c" , x=y"#],
                challenges: [Challenge(scheme: "bearer", parameters: ["realm": #"a "b\ c"#, "x": "y"])]
            ),
            Case(
                fields: [#"Negotiate abc/d==, Basic realm="r", Bearer realm="t""#],
                challenges: [
                    Challenge(scheme: "negotiate"), Challenge(scheme: "basic", parameters: ["realm": "r"]),
                    Challenge(scheme: "bearer", parameters: ["realm": "t"]),
                ]
            ),
            Case(
                fields: ["Negotiate, Basic realm=r", "Bearer realm=t"],
                challenges: [
                    Challenge(scheme: "negotiate"), Challenge(scheme: "basic", parameters: ["realm": "r"]),
                    Challenge(scheme: "bearer", parameters: ["realm": "t"]),
                ]
            ),
            Case(
                fields: [#"Basic realm="first", realm="second""#],
                challenges: [.init(scheme: "basic", parameters: ["realm": "first"])]
            ),
            Case(
                fields: [#"Basic realm="never closed"#],
                challenges: [.init(scheme: "basic", parameters: ["realm": "never closed"])]
            ),
            Case(fields: [#""quoted", Basic"#], challenges: []),
        ]
    )
    func challenges(_ example: Case) {
        #expect(Challenge.parse(example.fields) == example.challenges)
    }

    @Test("any bytes at all are read to an end, and no more is kept than is allowed")
    func noise() {
        let alphabet = Array("Bearer Basic realm=\"\\,;= \t\u{0}é<>/scope")
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<300, using: &random)
            let field = String((0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
            let challenges = Challenge.parse([field, field])
            #expect(challenges.count <= 16 && challenges.allSatisfy { $0.parameters.count <= 32 })
            _ = LinkHeader.next(in: [field])
            _ = ContentRange(field)
            _ = WebAddress(field)
        }
        let long = "Bearer " + (0..<10_000).map { "p\($0)=v" }.joined(separator: ",")
        #expect(Challenge.parse([long]).first?.parameters.count == 32)
    }

    @Test(
        "the next page is the link whose relation says so",
        arguments: [
            ([], nil),
            ([#"</v2/_catalog?last=b&n=2>; rel="next""#], "/v2/_catalog?last=b&n=2"),
            ([#"<a>; rel=prev, <b>; title="x, y"; rel="last next""#], "b"),
            ([#"<a,b>;rel=next"#], "a,b"),
            ([#"<a>; rel="prev""#], nil),
            (["<never closed"], nil),
            (["nonsense", "<c>; rel=next"], "c"),
        ] as [([String], String?)]
    )
    func links(_ fields: [String], _ next: String?) {
        #expect(LinkHeader.next(in: fields) == next)
    }

    @Test(
        "ranges are numbers in order, or nothing",
        arguments: [
            ("bytes 5-9/10", "5-9/10"), ("Bytes 0-0/*", "0-0/*"), ("bytes 5-9/9", nil), ("bytes 9-5/10", nil),
            ("bytes -5-9/10", nil), ("bytes +5-9/10", nil), ("bytes */10", nil), ("items 5-9/10", nil),
            ("bytes 0-99999999999999999999/*", nil), ("bytes 5-9/", nil), ("", nil),
        ] as [(String, String?)]
    )
    func contentRanges(_ text: String, _ meaning: String?) {
        let range = ContentRange(text)
        #expect(range.map { "\($0.first)-\($0.last)/\($0.total.map(String.init) ?? "*")" } == meaning)
    }

    @Test(
        "what a registry has of an upload ends at a byte",
        arguments: [
            ("0-1023", 1023), ("bytes=0-1023", 1023), ("0-0", 0), ("1-5", nil), ("0--1", nil), ("5", nil),
        ] as [(String, Int64?)]
    )
    func uploadRanges(_ text: String, _ last: Int64?) {
        #expect(ContentRange.lastByte(ofUpload: text) == last)
    }

    @Test("a token is asked for what is done, and only else for what the registry names")
    func scopes() {
        let challenge = Challenge(scheme: "bearer", parameters: ["scope": "registry:catalog:* repository:x:pull"])
        #expect(Scope.pull("a/b").asked(challenge) == ["repository:a/b:pull"])
        #expect(
            Scope.push("a", mountingFrom: "b").asked(challenge) == ["repository:a:pull,push", "repository:b:pull"]
        )
        #expect(Scope.offered.asked(challenge) == ["registry:catalog:*", "repository:x:pull"])
        #expect(Scope.offered.asked(Challenge(scheme: "bearer")) == [])
    }
}
