import OCI
import Testing

@testable import Registry

@Suite("Where requests may go, and how often")
struct PolicyTests {
    @Test(
        "addresses are http or https with a host, a port and no login",
        arguments: [
            ("https://h/p?q=1#f", "https://h", "https://h/p?q=1"), ("HTTP://H:80/", "http://h", "HTTP://H:80/"),
            ("http://[::1]:5000/x", "http://[::1]:5000", "http://[::1]:5000/x"),
            ("http+unix://%2Frun/x", nil, nil), ("file:///etc/passwd", nil, nil), ("https://u:p@h/", nil, nil),
            ("https://h:99999/", nil, nil), ("https://h:0/", nil, nil), ("https://", nil, nil), ("/relative", nil, nil),
            ("https://h/a b", nil, nil), ("", nil, nil), ("https://h/\r\nX: y", nil, nil),
        ] as [(String, String?, String?)]
    )
    func addresses(_ text: String, _ origin: String?, _ whole: String?) {
        let address = WebAddress(text)
        #expect(address?.origin.description == origin)
        #expect(address?.text == whole)
    }

    @Test("a query is encoded, and is never shown")
    func queries() throws {
        let address = try #require(WebAddress("https://h/p?a=1"))
        let more = try #require(address.adding([("digest", "sha256:é&="), ("b", "")]))
        #expect(more.text == "https://h/p?a=1&digest=sha256%3A%C3%A9%26%3D&b=")
        #expect("\(more)" == "https://h/p")
    }

    @Test("redirects keep the login at the same origin only, and do not get it back")
    func redirects() throws {
        var policy = RedirectPolicy(from: try #require(WebAddress("https://a/1")))
        try policy.follow("/2?x")
        #expect(policy.current.text == "https://a/2?x" && policy.keepsAuthorization)
        try policy.follow("https://a:8443/3")
        #expect(!policy.keepsAuthorization)
        try policy.follow("https://a/4")
        #expect(!policy.keepsAuthorization)
    }

    @Test(
        "redirects that lead nowhere good are refused, and say from where to where",
        arguments: [
            (["http://b/2"], "https://a/1 to http://b/2, which gives up TLS"),
            (["https://b/2", "https://a/1"], "in a circle: from https://a/1 to https://a/1"),
            (["2", "3", "4", "5", "6", "7"], "more than 5 times: from https://a/1 to https://a/7"),
            (["file:///etc/shadow"], "from https://a/1 to an address that cannot be used"),
            ([""], "from https://a/1 to an address that cannot be used"),
        ]
    )
    func badRedirects(_ steps: [String], _ reason: String) throws {
        var policy = RedirectPolicy(from: try #require(WebAddress("https://a/1")))
        for step in steps.dropLast() { try policy.follow(step) }
        let failure = #expect(throws: RegistryFailure.self) { try policy.follow(steps.last) }
        #expect(failure?.reason.contains(reason) == true, "\(failure?.reason ?? "")")
    }

    @Test("the wait doubles up to its cap, and chance takes at most half of it")
    func backOff() {
        var policy = RetryPolicy()
        policy.random = { 1 }
        let waits = (1...7).map { policy.backOff(after: $0) }
        #expect(
            waits == [
                .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(10), .seconds(10),
            ]
        )
        policy.random = { 0 }
        #expect(policy.backOff(after: 1) == .milliseconds(250))
        #expect(policy.backOff(after: .max) == .seconds(5))
    }

    @Test("what cannot heal is tried once, what can as often as allowed, and what moves on for longer")
    func tries() async throws {
        var tries = 0
        let once = await #expect(throws: RegistryFailure.self) {
            try await RetryPolicy.impatient().trying {
                tries += 1
                throw RegistryFailure(.notFound, "gone")
            }
        }
        #expect(tries == 1 && once?.reason == "gone")
        tries = 0
        let often = await #expect(throws: RegistryFailure.self) {
            try await RetryPolicy.impatient().trying {
                tries += 1
                throw RegistryFailure(.unreachable, "late", heals: true)
            }
        }
        #expect(tries == 5 && often?.reason == "late (5 tries)")
        tries = 0
        await #expect(throws: RegistryFailure.self) {
            try await RetryPolicy.impatient().trying {
                tries += 1
                var failure = RegistryFailure(.unreachable, "cut", heals: true)
                failure.progressed = tries <= 10
                throw failure
            }
        }
        #expect(tries == 14)
    }

    @Test("a registry's own wish to wait counts, up to a minute")
    func retryAfter() async throws {
        let waits = Waits()
        var tries = 0
        var failure = RegistryFailure(.unreachable, "busy", heals: true)
        failure.retryAfter = .seconds(60)
        let patient = failure
        try await RetryPolicy.impatient(waits).trying {
            tries += 1
            if tries == 1 { throw patient }
        }
        #expect(waits.all == [.seconds(60)])
        failure.retryAfter = .seconds(61)
        let impatient = failure
        let thrown = await #expect(throws: RegistryFailure.self) {
            try await RetryPolicy.impatient(waits).trying { throw impatient }
        }
        #expect(thrown?.reason == "busy; it asks to come back in 61 seconds" && waits.all.count == 1)
    }

    @Test(
        "a token's life is what the server says, else a minute, less a margin",
        arguments: [(nil, 55), (300, 295), (10, 9), (0, 0), (-5, 0), (1e300, 86395)] as [(Double?, Int)]
    )
    func lifetimes(_ seconds: Double?, _ lifetime: Int) {
        #expect(TokenAnswer(token: "t", expiresIn: seconds).lifetime == .seconds(lifetime))
    }

    @Test("a token that cannot stand in a header field is none")
    func tokens() {
        #expect(TokenAnswer(token: "", accessToken: "b").usable == "b")
        #expect(TokenAnswer(token: "a", accessToken: "b").usable == "a")
        #expect(TokenAnswer(token: "a\r\nX: y").usable == nil)
        #expect(TokenAnswer().usable == nil)
    }

    @Test(
        "proxies are chosen as the environment says",
        arguments: [
            ([:], "https://r.example", nil),
            (["HTTPS_PROXY": "http://p:3128"], "https://r.example", "p:3128"),
            (["HTTPS_PROXY": "http://p:3128"], "http://r.example", nil),
            (["http_proxy": "p", "HTTP_PROXY": "q"], "http://r.example", "p:80"),
            (["https_proxy": "socks5://p"], "https://r.example", "p:1080"),
            (["HTTPS_PROXY": "p:1"], "https://127.0.0.1:5000", nil), (["HTTPS_PROXY": "p:1"], "https://localhost", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "*"], "https://r.example", nil),
            (["HTTPS_PROXY": "p:1", "no_proxy": "a, example"], "https://r.example", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": ".example"], "https://r.example", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "ample"], "https://r.example", "p:1"),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "r.example:444"], "https://r.example", "p:1"),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "r.example:443"], "https://r.example", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "10.1.0.0/16"], "https://10.1.2.3", nil),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "10.1.0.0/16"], "https://10.2.2.3", "p:1"),
            (["HTTPS_PROXY": "p:1", "NO_PROXY": "fd00::1"], "https://[fd00::1]:5000", nil),
        ] as [([String: String], String, String?)]
    )
    func proxies(_ environment: [String: String], _ address: String, _ proxy: String?) throws {
        let origin = try #require(WebAddress(address)?.origin)
        let chosen = try ProxySettings(environment: environment).proxy(for: origin)
        #expect(chosen.map { "\($0.host):\($0.port)" } == proxy)
    }

    @Test("a proxy that cannot be used is named by its variable, without its password")
    func badProxy() {
        let error = #expect(throws: ImageError.self) {
            try ProxySettings(environment: ["HTTPS_PROXY": "gopher://user:secret@p"])
        }
        #expect(error?.message == "the proxy in HTTPS_PROXY cannot be used (write http://host:port)")
    }
}
