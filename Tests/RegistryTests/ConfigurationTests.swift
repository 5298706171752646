import Foundation
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

@Suite("Configuration of registries")
struct ConfigurationTests {
    /// Loads a text as `registries.yaml` from a folder with an authority in `ca.pem`.
    private func load(_ text: String, certificates: [String] = []) async throws -> RegistryConfiguration {
        try await withTemporaryFolder { folder in
            let path = folder.appending("registries.yaml")
            try write(text, to: path)
            try write("pem", to: folder.appending("ca.pem"))
            for file in certificates { try write("pem", to: folder.appending("certs.d").appending(file)) }
            var loaded = try RegistryConfiguration.load(path, certificates: folder.appending("certs.d"))
            // Folders have random names; tests speak of them as "/".
            loaded.authorities = loaded.authorities.map { Self.strip($0, folder) }
            loaded.hosts = loaded.hosts.mapValues { host in
                RegistryConfiguration.Host(
                    mirrors: host.mirrors.map { Self.strip($0, folder) },
                    endpoint: host.endpoint.map { Self.strip($0, folder) }
                )
            }
            return loaded
        }
    }

    private func write(_ text: String, to path: FilePath) throws {
        let url = URL(filePath: path.string)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private static func strip(_ path: FilePath, _ folder: FilePath) -> FilePath {
        var path = path
        return path.removePrefix(folder) ? FilePath("/").pushing(path) : path
    }

    private static func strip(_ endpoint: RegistryEndpoint, _ folder: FilePath) -> RegistryEndpoint {
        guard case .verified(let authorities) = endpoint.security else { return endpoint }
        var endpoint = endpoint
        endpoint.security = .verified(authorities: authorities.map { strip($0, folder) })
        return endpoint
    }

    @Test("a file that is not there, or that says nothing, means the defaults", arguments: [nil, "", "# nothing\n"])
    func defaults(text: String?) async throws {
        guard let text else {
            let loaded = try RegistryConfiguration.load("/nonexistent/registries.yaml", certificates: nil)
            return #expect(loaded == RegistryConfiguration())
        }
        #expect(try await load(text) == RegistryConfiguration())
    }

    @Test("mirrors come first and in order, then the registry")
    func mirrors() async throws {
        let loaded = try await load(
            """
            registries:
              docker.io:
                mirrors:
                  - https://mirror.example:5000/prefix/
                  - http://localhost:5001
                  - https://[2001:db8::1]
            """
        )
        let urls = loaded.endpoints(for: "docker.io").map { "\($0.base) \($0.isMirror)" }
        #expect(
            urls == [
                "https://mirror.example:5000/prefix/v2 true", "http://localhost:5001/v2 true",
                "https://[2001:db8::1]/v2 true", "https://registry-1.docker.io/v2 false",
            ]
        )
    }

    @Test("authorities of all registries and of one add up, relative to the file")
    func authorities() async throws {
        let loaded = try await load(
            """
            authorities: [ca.pem]
            registries:
              registry.example:5000: {authorities: [./x/../ca.pem]}
            """,
            certificates: ["registry.example:5000/b.crt", "registry.example:5000/client.cert", "other.example/a.crt"]
        )
        #expect(loaded.authorities == ["/ca.pem"])
        let own = loaded.endpoints(for: "registry.example:5000").map(\.security)
        #expect(own == [.verified(authorities: ["/ca.pem", "/ca.pem", "/certs.d/registry.example:5000/b.crt"])])
        let docker = loaded.endpoints(for: "other.example").map(\.security)
        #expect(docker == [.verified(authorities: ["/ca.pem", "/certs.d/other.example/a.crt"])])
        #expect(loaded.endpoints(for: "third.example").map(\.security) == [.verified(authorities: ["/ca.pem"])])
    }

    @Test(
        "a registry's place and protection",
        arguments: [
            ("{insecure: true}", "https://r.example:5000/v2", RegistryEndpoint.Security.unverified),
            ("{insecure: false}", "https://r.example:5000/v2", .verified(authorities: [])),
            ("{location: \"https://10.0.0.1:1\"}", "https://10.0.0.1:1/v2", .verified(authorities: [])),
            ("{location: \"https://10.0.0.1/a/b\", insecure: true}", "https://10.0.0.1/a/b/v2", .unverified),
            ("{location: \"http://10.0.0.1\", insecure: true}", "http://10.0.0.1/v2", .plain),
            ("{location: \"http://127.0.0.1:1\"}", "http://127.0.0.1:1/v2", .plain),
            ("{location: \"http://[::1]:1\"}", "http://[::1]:1/v2", .plain),
        ]
    )
    func places(entry: String, base: String, security: RegistryEndpoint.Security) async throws {
        let endpoints = try await load("registries:\n  r.example:5000: \(entry)\n").endpoints(for: "r.example:5000")
        #expect(endpoints.map(\.base) == [base])
        #expect(endpoints.map(\.security) == [security])
        #expect(endpoints.map(\.isMirror) == [false])
    }

    @Test("a loopback registry is plain until it has an authority")
    func loopback() async throws {
        let plain = try await load("registries: {\"localhost:5000\": {insecure: true}}")
        #expect(plain.endpoints(for: "localhost:5000").map(\.security) == [.plain])
        let secured = try await load("registries: {\"localhost:5000\": {authorities: [ca.pem]}}")
        #expect(secured.endpoints(for: "localhost:5000").map(\.security) == [.verified(authorities: ["/ca.pem"])])
    }

    @Test("a mirror is reached as its own host's entry says")
    func mirrorSettings() async throws {
        let loaded = try await load(
            """
            registries:
              r.example: {mirrors: ["http://m.example:5000", "https://n.example"]}
              m.example:5000: {insecure: true}
              n.example: {authorities: [ca.pem]}
            """
        )
        let security = loaded.endpoints(for: "r.example").map(\.security)
        #expect(security == [.plain, .verified(authorities: ["/ca.pem"]), .verified(authorities: [])])
    }

    @Test("short names belong to the default registry")
    func defaultRegistry() async throws {
        let loaded = try await load("default: registry.example:5000")
        #expect(try loaded.reference("app").canonical == "registry.example:5000/app:latest")
        #expect(try loaded.reference("docker.io/app").canonical == "docker.io/library/app:latest")
        #expect(try await load("default: index.docker.io").reference("app").canonical == "docker.io/library/app:latest")
    }

    @Test(
        "a mistake is named with file, line, key and remedy",
        arguments: [
            ("- a", "registries.yaml:1: the file must be a mapping"),
            ("registry: {}", "registries.yaml:1: registry is not a known key (use default, authorities, registries)"),
            ("registries:\n  a.b:\n    mirror: []", ":3: registries.a.b.mirror is not a known key (use mirrors"),
            ("registries: []", "registries must be a mapping"),
            ("registries:\n", "registries must be a mapping"),
            ("registries: {a.b: 1}", "registries.a.b must be a mapping"),
            ("registries: {[a]: 1}", "a key that is no text"),
            ("registries: {ab: {}}", "\"ab\" is not a registry's name (write HOST"),
            ("registries: {\"a.b:99999\": {}}", "is not a registry's name"),
            ("registries: {\"a.b/c\": {}}", "is not a registry's name"),
            ("registries: {docker.io: {}, index.docker.io: {}}", "there twice"),
            ("registries: {a.b: {}, a.b: {}}", "a.b: the key is there twice"),
            ("registries: {a.b: {insecure: 1}}", "registries.a.b.insecure must be true or false"),
            ("registries: {a.b: {insecure: \"true\"}}", "must be true or false"),
            ("registries: {a.b: {mirrors: https://c.d}}", "registries.a.b.mirrors must be a list"),
            ("registries: {a.b: {mirrors: [c.d]}}", "registries.a.b.mirrors[0] \"c.d\" is not a place (write https://"),
            ("registries: {a.b: {mirrors: [\"ftp://c.d\"]}}", "is not a place"),
            ("registries: {a.b: {location: \"https://u:p@c.d\"}}", "is not a place"),
            ("registries: {a.b: {location: \"https://c.d/..\"}}", "is not a place"),
            ("registries: {a.b: {location: \"https://c.d?x\"}}", "is not a place"),
            ("registries: {a.b: {location: \"https://c.d:0\"}}", "is not a place"),
            ("registries: {a.b: {location: \"https://\"}}", "is not a place"),
            ("registries: {a.b: {location: [x]}}", "location must be a text"),
            ("registries: {a.b: {location: \"http://c.d\"}}", "has no TLS (write https://, or set `insecure` to true)"),
            (
                "registries: {a.b: {mirrors: [\"http://c.d\"], insecure: true}}",
                "mirrors[0] has no TLS (write https://, or set registries.c.d.insecure to true)"
            ),
            ("default: example", "default \"example\" is not a registry's name"),
            ("default:\n", "default must be a text"),
            ("authorities: ca.pem", "authorities must be a list"),
            ("authorities: [none.pem]", "none.pem, which is no readable file (put"),
            ("authorities: [.]", "which is no readable file"),
            ("a: [", "registries.yaml:"),
            ("a: b: c", "this is not YAML"),
            ("\u{1B}[31m: 1", "this is not YAML"),
            (String(repeating: "[", count: 100_000), "this is not YAML"),
            (String(repeating: "- ", count: 100_000), "this is not YAML"),
        ]
    )
    func mistakes(text: String, message: String) async throws {
        let error = await #expect(throws: ImageError.self) { try await load(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("registries.yaml") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("\n") == false)
        #expect(error?.message.contains("\u{1B}") == false)
    }

    @Test("what is no file of text is refused")
    func noText() async throws {
        try await withTemporaryFolder { folder in
            let folderError = #expect(throws: ImageError.self) {
                try RegistryConfiguration.load(folder, certificates: nil)
            }
            #expect(folderError?.message.contains("is not a file") == true)
            let path = folder.appending("registries.yaml")
            try Data([0xFF, 0xFE, 0xFF]).write(to: URL(filePath: path.string))
            let textError = #expect(throws: ImageError.self) {
                try RegistryConfiguration.load(path, certificates: nil)
            }
            #expect(textError?.message.contains("UTF-8") == true)
        }
    }

    @Test("folders of certificates that are no registry's are left alone")
    func foreignCertificates() async throws {
        let loaded = try await load("", certificates: ["readme/x.crt", "a.b/notes.txt", "localhost:1/ca.crt"])
        #expect(loaded.hosts.keys.sorted() == ["localhost:1"])
        let security = loaded.endpoints(for: "localhost:1").map(\.security)
        #expect(security == [.verified(authorities: ["/certs.d/localhost:1/ca.crt"])])
    }
}
