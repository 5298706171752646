import FoundationEssentials
import HTTPTypes
import Hummingbird
import Images
import OCI
import Registry
import Testing

@testable import EngineAPI

@Suite struct ModelTests {
    @Test(
        "patterns fit as Go's do",
        arguments: [
            ("busybox", "busybox", true), ("busy*", "busybox", true), ("*", "team/box", false),
            ("*/*", "team/box", true),
            ("b?x", "box", true), ("b[a-o]x", "box", true), ("b[^a-o]x", "box", false), ("b[", "b[", false),
            ("*box:v*", "busybox:v1", true), ("", "", true), ("", "x", false), ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false), ("a*b*c", "aXbYbZc", true), ("a*/b", "ax/y/b", false),
        ]
    )
    func globs(pattern: String, text: String, fits: Bool) {
        #expect(Glob.matches(pattern, text) == fits)
    }

    @Test("a hostile pattern costs no more than its length times the text's")
    func hostileGlob() {
        #expect(!Glob.matches(String(repeating: "a*", count: 100) + "b", String(repeating: "a", count: 500)))
    }

    @Test("instructions set what they say")
    func changes() throws {
        let changes = try DockerfileChanges([
            #"CMD ["sh", "-c"]"#, "ENTRYPOINT run me", #"env A=1 B="two words" C='it''s'"#, "ENV OLD some value",
            "LABEL a=b c=d", "EXPOSE 80 53/udp", #"VOLUME ["/data"]"#, "WORKDIR /w", "USER me", "STOPSIGNAL SIGINT",
            " ",
        ]).configuration
        #expect(changes.command == ["sh", "-c"] && changes.entrypoint == ["/bin/sh", "-c", "run me"])
        #expect(changes.environment == ["A=1", "B=two words", "C=its", "OLD=some value"])
        #expect(changes.labels == ["a": "b", "c": "d"] && changes.exposedPorts == ["80/tcp", "53/udp"])
        #expect(changes.volumes == ["/data"] && changes.workingDirectory == "/w")
        #expect(changes.user == "me" && changes.stopSignal == "SIGINT")
    }

    @Test(
        "instructions that are none are refused by name",
        arguments: ["RUN x", "CMD", "CMD [1]", "ENV A", "ENV =b", "WORKDIR relative", #"LABEL a="b"#, "NONSENSE a"]
    )
    func badChanges(line: String) {
        #expect { try DockerfileChanges([line]) } throws: { error in
            (error as? EngineError)?.status == .badRequest
        }
    }

    @Test(
        "logins are read in the forms that clients send",
        arguments: [
            (#"{"username":"me","password":"p:w"}"#, RegistryCredentials.password(user: "me", password: "p:w")),
            (#"{"auth":"bWU6cDp3"}"#, .password(user: "me", password: "p:w")),
            (#"{"identitytoken":"t","username":"me"}"#, .identityToken("t")),
            ("{}", nil),
        ] as [(String, RegistryCredentials?)]
    )
    func logins(json: String, credentials: RegistryCredentials?) throws {
        let login = try JSONDecoder().decode(RegistryLogin.self, from: Data(json.utf8))
        #expect(try login.credentials == credentials)
    }

    @Test(
        "the registry of a login is found in old and new addresses, and hostile ones are refused",
        arguments: [
            ("https://index.docker.io/v1/", "docker.io"), ("127.0.0.1:5000", "127.0.0.1:5000"), ("", "docker.io"),
            ("https://registry.example/v2/", "registry.example"), ("a b", nil), ("x@y", nil), ("\u{1b}[0m", nil),
        ] as [(String, String?)]
    )
    func addresses(address: String, registry: String?) {
        let login = RegistryLogin(serveraddress: address)
        #expect((try? login.registry(default: "docker.io")) == registry)
    }

    @Test(
        "what a node has not answers as a Docker without it",
        arguments: [
            ("GET", "/swarm", "503"), ("GET", "/nodes", "503"), ("GET", "/services", "503"),
            ("POST", "/secrets/create", "503"), ("GET", "/plugins", "200"), ("GET", "/volumes", "200"),
            ("GET", "/volumes/x", "404"), ("GET", "/networks", "200"), ("GET", "/networks/none", "200"),
            ("GET", "/networks/x", "404"), ("DELETE", "/networks/none", "403"), ("POST", "/build", "501"),
            ("POST", "/build/prune", "200"), ("POST", "/networks/create", "501"), ("GET", "/images/json", "200"),
            ("GET", "/images/a/b/json", "404"), ("GET", "/images/a/b/nothing", "404"), ("GET", "/info", "200"),
            ("GET", "/images/get", "400"), ("GET", "/images/get?names=x", "404"), ("POST", "/images/a/b/tag", "400"),
            ("DELETE", "/images/a/b", "404"), ("POST", "/images/create?fromSrc=http://x", "400"),
            ("GET", "/images/search", "400"), ("GET", "/images/search?term=x&limit=0", "400"),
            ("POST", "/commit", "400"), ("POST", "/images/create?fromImage=Bad&tag=x", "400"),
            ("GET", "/images/%00/json", "400"), ("GET", "/images/%zz/json", "400"), ("GET", "/system/df?type=x", "400"),
        ]
    )
    func absent(method: String, path: String, status: String) async throws {
        try await ServedEngine.with { engine in
            let answer = try await engine.ask(method, path)
            #expect(answer.status == status, "\(answer.body)")
        }
    }

    @Test("a failure before the first byte of a stream has a status, a later one ends the stream")
    func lateFailure() async throws {
        try await ServedEngine.with { router in
            router.on("/early", method: .get) { _, _ in
                ProgressAnswer.of { _ in throw EngineError(.conflict, "no") }
            }
            router.on("/late", method: .get) { _, _ in
                ProgressAnswer.of { progress in
                    progress(.init("Working"))
                    throw EngineError(.conflict, "no")
                }
            }
        } _: { engine in
            let early = try await engine.ask("GET", "/early")
            #expect(early.status == "409" && early.body.contains(#"{"message":"no"}"#))
            let late = try await engine.ask("GET", "/late")
            #expect(late.status == "200" && late.body.contains(#"{"status":"Working"}"#))
            #expect(late.body.contains(#"{"error":"no","errorDetail":{"message":"no"}}"#))
        }
    }
}
