import Foundation
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

@Suite("Credential helpers")
struct CredentialHelperTests {
    typealias Fixture = CredentialFixture

    /// Keeps what it is given in one file a server, as real helpers do with their keyrings.
    static let keeper = """
        input=$(cat); echo "$1 $input" >> "$STATE/log"
        case "$1" in
        store) name=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/' | tr -d '\\\\' | tr / _)
            printf %s "$input" > "$STATE/kept-$name" ;;
        get) name=$(printf %s "$input" | tr / _)
            cat "$STATE/kept-$name" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
        erase) rm "$STATE/kept-$(printf %s "$input" | tr / _)" ;;
        esac
        """

    @Test(
        "a helper keeps, gives and forgets; the file only marks the registry",
        arguments: [
            ("docker.io", RegistryCredentials.password(user: "u", password: "hunter2:\"\\x")),
            ("r.example:5000", .identityToken("hunter2")),
        ]
    )
    func roundTrip(registry: String, credentials: RegistryCredentials) async throws {
        try await Fixture.with { fixture in
            try fixture.helper("keeper", Self.keeper)
            try fixture.write("{\"credsStore\": \"keeper\"}", to: fixture.config)
            #expect(try await fixture.store.credentials(for: registry) == nil)
            try await fixture.store.save(credentials, for: registry)
            #expect(try await fixture.store.credentials(for: registry) == credentials)
            #expect(try !fixture.read(fixture.config).contains("hunter2"))
            let auths = try #require(try fixture.document(fixture.config)["auths"] as? [String: NSDictionary])
            #expect(Array(auths.values) == [[:]])
            #expect(try await fixture.store.erase(registry))
            #expect(try await fixture.store.credentials(for: registry) == nil)
            #expect(try await fixture.store.erase(registry) == false)
            let log = try fixture.read(fixture.folder.appending("log"))
            #expect(log.contains("get \(registry == "docker.io" ? "https://index.docker.io/v1/" : registry)\n"))
        }
    }

    @Test("a registry's own helper is asked rather than the general one, and none if it is empty")
    func choice() async throws {
        try await Fixture.with { fixture in
            for name in ["general", "special"] {
                try fixture.helper(name, "echo '{\"ServerURL\": \"\", \"Username\": \"\(name)\", \"Secret\": \"s\"}'")
            }
            let entry = "{\"auth\": \"\(Fixture.auth("file:s"))\"}"
            try fixture.write(
                """
                {"credsStore": "general", "credHelpers": {"https://r.example": "special", "q.example": ""},
                 "auths": {"r.example": \(entry), "q.example": \(entry), "p.example": \(entry)}}
                """,
                to: fixture.config
            )
            for (registry, user) in [("r.example", "special"), ("q.example", "file"), ("p.example", "general")] {
                let found = try await fixture.store.credentials(for: registry)
                #expect(found == .password(user: user, password: "s"))
            }
        }
    }

    @Test(
        "a helper that fails is one clear line without secrets",
        arguments: [
            ("echo hunter2; echo hunter2 >&2; exit 3", "it ended with"),
            ("echo hunter2", "not of the form"), ("echo '{\"Secret\": \"hunter2\"}'", "not of the form"),
            ("printf '\\377\\376'", "not of the form"), ("true", "not of the form"),
            ("yes hunter2", "could not be run to its end"), ("kill -9 $$", "it ended with"),
        ]
    )
    func failures(script: String, problem: String) async throws {
        try await Fixture.with { fixture in
            try fixture.helper("bad", script)
            try fixture.write("{\"credsStore\": \"bad\"}", to: fixture.config)
            let error = await #expect(throws: ImageError.self) {
                try await fixture.store.credentials(for: "r.example")
            }
            let message = error?.message ?? ""
            #expect(message.hasPrefix("docker-credential-bad get failed for r.example: "), "\(message)")
            #expect(message.contains(problem), "\(message)")
            #expect(message.hasSuffix("(run `docker-credential-bad get` by hand to see why)"))
            #expect(!message.contains("hunter2") && !message.contains("\n"))
        }
    }

    @Test("a helper that refuses to store leaves the file as it was")
    func refusedStore() async throws {
        try await Fixture.with { fixture in
            try fixture.helper("bad", "cat; exit 1")
            try fixture.write("{\"credsStore\": \"bad\"}", to: fixture.config)
            let error = await #expect(throws: ImageError.self) {
                try await fixture.store.save(.password(user: "u", password: "hunter2"), for: "r.example")
            }
            #expect(error?.message.contains("docker-credential-bad store failed") == true)
            #expect(error?.message.contains("hunter2") == false)
            #expect(try fixture.read(fixture.config) == "{\"credsStore\": \"bad\"}")
        }
    }

    @Test("a helper that reads nothing of its input does no harm")
    func unreadInput() async throws {
        try await Fixture.with { fixture in
            try fixture.helper("deaf", "exec 0<&-; exit 0")
            try fixture.write("{\"credsStore\": \"deaf\"}", to: fixture.config)
            let password = String(repeating: "x", count: 200_000)
            for _ in 0..<5 {
                try await fixture.store.save(.password(user: "u", password: password), for: "r.example")
            }
            #expect(
                try fixture.document(fixture.config)["auths"] as? NSDictionary == ["r.example": [:] as NSDictionary]
            )
        }
    }

    @Test("a helper that hangs is ended with all that it started")
    func hanging() async throws {
        try await Fixture.with { fixture in
            try fixture.helper(
                "slow",
                "trap '' TERM; echo $$ > \"$STATE/pids\"; sleep 1000 & echo $! >> \"$STATE/pids\"; wait"
            )
            try fixture.write("{\"credsStore\": \"slow\"}", to: fixture.config)
            let error = await #expect(throws: ImageError.self) {
                try await fixture.store(timeLimit: .seconds(2)).credentials(for: "r.example")
            }
            #expect(error?.message.contains("did not end within 2") == true, "\(error?.message ?? "")")
            let processes = try fixture.read(fixture.folder.appending("pids")).split(separator: "\n")
            #expect(processes.count == 2)
            // They are nobody's children here, and a killed process takes a moment to go.
            for _ in 0..<500 where processes.contains(where: Self.isAlive) {
                try await Task.sleep(for: .milliseconds(10))
            }
            for process in processes { #expect(!Self.isAlive(process), "\(process)") }
        }
    }

    @Test("a helper that leaves something behind which holds its output is not waited for")
    func backgroundChild() async throws {
        try await Fixture.with { fixture in
            try fixture.helper("daemon", "sleep 5 & echo '{\"Username\": \"u\", \"Secret\": \"s\"}'; exit 0")
            try fixture.write("{\"credsStore\": \"daemon\"}", to: fixture.config)
            let found = try await fixture.store.credentials(for: "r.example")
            #expect(found == .password(user: "u", password: "s"))
        }
    }

    @Test(
        "a name that is no program's is refused before anything runs",
        arguments: ["../bin/evil", "/bin/sh", "a b", "a;b", "a\\nb", "..\\u0000", String(repeating: "x", count: 65)]
    )
    func badName(name: String) async throws {
        try await Fixture.with { fixture in
            try fixture.write("{\"credsStore\": \"\(name)\"}", to: fixture.config)
            let error = await #expect(throws: ImageError.self) {
                try await fixture.store.credentials(for: "r.example")
            }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("names a credential helper") == true)
        }
    }

    @Test("a helper that is not installed is named with the file that asks for it")
    func missing() async throws {
        try await Fixture.with { fixture in
            try fixture.write("{\"credsStore\": \"absent\"}", to: fixture.config)
            let error = await #expect(throws: ImageError.self) {
                try await fixture.store.credentials(for: "r.example")
            }
            #expect(error?.code == .missingTool)
            let beginning = "docker-credential-absent, which \(fixture.config) names, is not installed"
            #expect(error?.message.hasPrefix(beginning) == true, "\(error?.message ?? "")")
        }
    }

    /// Whether a process runs; one that has ended but that nobody has asked about does not.
    private static func isAlive(_ process: Substring) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.dropFirst().first != "Z"
    }
}
