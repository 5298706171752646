import OCI
import Registry
import Synchronization
import TestSupport
import Testing

@Suite("Logins and tokens")
struct TokenTests {
    private static let blob = Blob.pattern(100)
    private static let password = RegistryCredentials.password(user: "ann", password: "s3cret:x")
    /// `ann:s3cret:x`.
    private static let basic = "Basic YW5uOnMzY3JldDp4"

    /// A time that tests move.
    private final class Time: Sendable {
        private let passed = Mutex(Duration.zero)
        private let start = ContinuousClock.now

        var now: ContinuousClock.Instant { start + passed.withLock { $0 } }

        func pass(_ duration: Duration) {
            passed.withLock { $0 += duration }
        }
    }

    /// Wants the newest token of its own token server.
    private static func script(
        lifetime: Int = 300,
        refresh: String? = nil,
        realm: @escaping @Sendable (FaultyRegistry.Request) -> String = { "http://\($0.header("host") ?? "")/token" }
    ) -> FaultyRegistry.Script {
        { request, count, good in
            guard request.path != "/token" else {
                guard request.header("authorization") == basic || request.method == "POST" else {
                    return .problem(401, code: "UNAUTHORIZED", message: "wrong password")
                }
                let more = refresh.map { #","refresh_token":"\#($0)""# } ?? ""
                return .json(#"{"token":"t\#(count)","expires_in":\#(lifetime)\#(more)}"#)
            }
            guard request.header("authorization")?.hasPrefix("Bearer t") == true else {
                let challenge = #"Bearer realm="\#(realm(request))",service="reg, istry",scope="repository:all:*""#
                return .init(401, ["WWW-Authenticate": challenge])
            }
            return good()
        }
    }

    @Test("a token is earned once, used again, and earned anew when its time is over")
    func expiry() async throws {
        let time = Time()
        var policy = RetryPolicy.impatient()
        policy.now = { time.now }
        try await FaultyRegistry.with(Self.script()) { registry in
            registry.add(blob: Self.blob)
            let reference = try registry.reference()
            let source = OneLogin(registry: registry.name, login: Self.password)
            try await withClient(credentials: source, policy: policy) { client in
                for _ in 0..<3 { _ = try await client.blob(Descriptor(Self.blob), of: reference) }
                #expect(registry.requests("GET", "/token").count == 1)
                time.pass(.seconds(296))
                _ = try await client.blob(Descriptor(Self.blob), of: reference)
                #expect(registry.requests("GET", "/token").count == 2)
            }
            let question = registry.requests("GET", "/token")[0]
            #expect(
                question.query == "service=reg%2C%20istry&scope=repository%3Ateam%2Fapp%3Apull&account=ann"
            )
            #expect(registry.requests("GET", "/v2/").allSatisfy { $0.header("authorization") != Self.basic })
        }
    }

    @Test("a refresh token is shown in the body of a POST")
    func refresh() async throws {
        try await FaultyRegistry.with(Self.script()) { registry in
            registry.add(blob: Self.blob)
            let source = OneLogin(registry: registry.name, login: .identityToken("r&1"))
            _ = try await withClient(credentials: source) { client in
                try await client.blob(Descriptor(Self.blob), of: registry.reference())
            }
            let question = registry.requests("POST", "/token")[0]
            #expect(
                String(decoding: question.body, as: UTF8.self) == "grant_type=refresh_token&service=reg%2C%20istry"
                    + "&client_id=apus&scope=repository%3Ateam%2Fapp%3Apull&refresh_token=r%261"
            )
            #expect(question.header("authorization") == nil)
        }
    }

    @Test("a wrong password is told from none, and neither is tried twice")
    func wrongPassword() async throws {
        try await FaultyRegistry.with(Self.script()) { registry in
            let reference = try registry.reference()
            let wrong = RegistryCredentials.password(user: "ann", password: "hidden")
            let source = OneLogin(registry: registry.name, login: wrong)
            let refused = try await failureMessage(.unauthorized) {
                try await withClient(credentials: source) { try await $0.manifest(reference) }
            }
            #expect(refused.contains(#"refuses the login: "unauthorized: wrong password" (check the name"#))
            #expect(!refused.contains("hidden"))
            #expect(registry.requests.count == 2)
            let none = try await failureMessage(.unauthorized) {
                try await withClient { try await $0.manifest(reference) }
            }
            #expect(none.hasSuffix(#"needs a login (run "apus login \#(registry.name)")"#))
        }
    }

    @Test("a registry that is never content is asked twice, not for ever")
    func neverContent() async throws {
        try await FaultyRegistry.with({ request, _, _ in
            .init(401, ["WWW-Authenticate": "Basic realm=x"])
        }) { registry in
            let source = OneLogin(registry: registry.name, login: Self.password)
            let reference = try registry.reference()
            let reason = try await failureMessage(.unauthorized) {
                try await withClient(credentials: source) { try await $0.manifest(reference) }
            }
            #expect(reason.contains("refuses the login"))
            #expect(registry.requests.count == 2)
        }
    }

    @Test("a token server that answers nonsense is named", arguments: ["{}", "[", #"{"token":"a\r\nb"}"#])
    func nonsense(_ answer: String) async throws {
        try await FaultyRegistry.with({ request, _, _ in
            guard request.path != "/token" else { return .json(answer) }
            let realm = "http://\(request.header("host") ?? "")/token"
            return .init(401, ["WWW-Authenticate": "Bearer realm=\"\(realm)\""])
        }) { registry in
            let reference = try registry.reference()
            let reason = try await failureMessage(.registry) {
                try await withClient { try await $0.manifest(reference) }
            }
            #expect(reason.contains("token server"))
        }
    }

    @Test("a token server that passes out is asked again")
    func busyTokenServer() async throws {
        let good = Self.script()
        try await FaultyRegistry.with({ request, count, answer in
            request.path == "/token" && count == 0 ? .init(503) : good(request, count, answer)
        }) { registry in
            registry.add(blob: Self.blob)
            let source = OneLogin(registry: registry.name, login: Self.password)
            _ = try await withClient(credentials: source) { client in
                try await client.blob(Descriptor(Self.blob), of: registry.reference())
            }
            #expect(registry.requests("GET", "/token").count == 2)
        }
    }

    @Test("credentials of one registry are not shown to another")
    func strangers() async throws {
        try await FaultyRegistry.with(Self.script()) { registry in
            let source = OneLogin(registry: "elsewhere.example", login: Self.password)
            let reference = try registry.reference()
            _ = try await failureMessage(.unauthorized) {
                try await withClient(credentials: source) { try await $0.manifest(reference) }
            }
            #expect(registry.requests.allSatisfy { $0.header("authorization") == nil })
        }
    }

    @Test("a login keeps the refresh token where the token server gives one, else the password")
    func login() async throws {
        for refresh in [nil, "r1"] {
            try await FaultyRegistry.with(Self.script(refresh: refresh)) { registry in
                let kept = try await withClient { try await $0.checkLogin(registry: registry.name, Self.password) }
                #expect(kept == (refresh.map { .identityToken($0) } ?? Self.password))
                #expect(registry.requests("GET", "/token")[0].query.hasSuffix("&offline_token=true&client_id=apus"))
            }
        }
    }

    @Test("a login that is refused, and a place that is no registry, say so")
    func badLogin() async throws {
        try await FaultyRegistry.with(Self.script()) { registry in
            let wrong = RegistryCredentials.password(user: "ann", password: "hidden")
            let reason = try await failureMessage(.unauthorized) {
                try await withClient { try await $0.checkLogin(registry: registry.name, wrong) }
            }
            #expect(reason.hasPrefix("cannot log in to \"\(registry.name)\": registry \"\(registry.name)\" refuses"))
        }
        try await FaultyRegistry.with({ _, _, _ in .init(404) }) { registry in
            let reason = try await failureMessage(.registry) {
                try await withClient { try await $0.checkLogin(registry: registry.name, Self.password) }
            }
            #expect(reason.hasSuffix("is no registry (check the name)"))
        }
    }
}
