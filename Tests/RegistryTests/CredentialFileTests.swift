import Foundation
import Linux
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

@Suite("Credentials in Docker's file")
struct CredentialFileTests {
    typealias Fixture = CredentialFixture
    static let hub = "https://index.docker.io/v1/"

    @Test(
        "a registry is found by the names that its entry can have",
        arguments: [
            ("registry.example", "registry.example", true), ("https://registry.example", "registry.example", true),
            ("https://registry.example/v1/", "registry.example", true), ("http://h:1/x/y", "h:1", true),
            ("registry.example/v2/", "registry.example", true), ("registry.example/", "registry.example", true),
            (hub, "docker.io", true), ("docker.io", "docker.io", true), ("index.docker.io", "docker.io", true),
            ("https://registry-1.docker.io/v2/", "docker.io", true), (hub, "index.docker.io", true),
            ("registry.example", "registry.example:5000", false), ("registry.example:5000", "registry.example", false),
            ("registry.example/team", "registry.example", false), ("evil.example/registry.example", "h", false),
            ("https://registry.example.evil", "registry.example", false), ("", "registry.example", false),
            ("https://registry.example@evil/", "registry.example", false),
        ]
    )
    func matches(key: String, registry: String, isMatch: Bool) async throws {
        try await Fixture.with { fixture in
            try fixture.write("{\"auths\": {\"\(key)\": {\"auth\": \"\(Fixture.auth("u:p"))\"}}}", to: fixture.config)
            let expected = isMatch ? RegistryCredentials.password(user: "u", password: "p") : nil
            #expect(try await fixture.store.credentials(for: registry) == expected)
        }
    }

    @Test("the most exact of several entries wins, and an empty one is passed over")
    func exactness() async throws {
        try await Fixture.with { fixture in
            let entries =
                ["https://r.example/v1/": "old", "r.example": "new", "https://q.example": "q"]
                .map { "\"\($0)\": {\"auth\": \"\(Fixture.auth("\($1):p"))\"}" } + ["\"q.example\": {}"]
            try fixture.write("{\"auths\": {\(entries.joined(separator: ","))}}", to: fixture.config)
            let (store, p) = (fixture.store, "p")
            #expect(try await store.credentials(for: "r.example") == .password(user: "new", password: p))
            #expect(try await store.credentials(for: "q.example") == .password(user: "q", password: p))
        }
    }

    @Test(
        "an entry is read as Docker reads it",
        arguments: [
            ("{\"auth\": \"\(Fixture.auth("u:p:with:colons"))\"}", .password(user: "u", password: "p:with:colons")),
            ("{\"auth\": \"\(Fixture.auth("u:"))\"}", .password(user: "u", password: "")),
            ("{\"auth\": \"\(Fixture.auth("ü:пароль\n"))\"}", .password(user: "ü", password: "пароль\n")),
            ("{\"auth\": \"\(Fixture.auth("u:p\0\0"))\"}", .password(user: "u", password: "p")),
            ("{\"username\": \"u\", \"password\": \"p\"}", .password(user: "u", password: "p")),
            ("{\"auth\": \"\(Fixture.auth("u:"))\", \"identitytoken\": \"t\"}", .identityToken("t")),
            ("{\"auth\": \"\", \"identitytoken\": \"\"}", nil), ("{}", nil), ("{\"email\": \"e\"}", nil),
            ("{\"auth\": null}", nil),
        ] as [(String, RegistryCredentials?)]
    )
    func entries(entry: String, expected: RegistryCredentials?) async throws {
        try await Fixture.with { fixture in
            try fixture.write("{\"auths\": {\"r.example\": \(entry)}}", to: fixture.config)
            #expect(try await fixture.store.credentials(for: "r.example") == expected)
        }
    }

    @Test(
        "a damaged file is named, shows no secret, and is not written over",
        arguments: [
            "{", "[]", "\"hunter2\"", "{\"auths\": []}", "{\"auths\": {\"r.example\": \"hunter2\"}}",
            "{\"auths\": {\"r.example\": {\"auth\": \"hunter2!\"}}}",
            "{\"auths\": {\"r.example\": {\"auth\": \"\(Fixture.auth("hunter2"))\"}}}",
            "{\"auths\": {\"r.example\": {\"auth\": 1}}}", "{\"auths\": {}, \"credHelpers\": 1}",
            "{\"credsStore\": 1}", "{} {}", String(repeating: "[", count: 10_000),
            "{\"pad\": \"" + String(repeating: "x", count: 1 << 20) + "\"}",
        ]
    )
    func damage(text: String) async throws {
        try await Fixture.with { fixture in
            try fixture.write(text, to: fixture.config)
            let error = await #expect(throws: ImageError.self) {
                try await fixture.store.credentials(for: "r.example")
            }
            #expect(error?.message.contains(fixture.config.string) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("hunter2") == false)
            let isEntry = text.contains("r.example")
            if !isEntry {
                await #expect(throws: ImageError.self) {
                    try await fixture.store.save(.password(user: "u", password: "p"), for: "r.example")
                }
                #expect(try fixture.read(fixture.config) == text)
            }
        }
    }

    @Test(
        "what is saved is read again, and is where Docker looks for it",
        arguments: [
            ("r.example:5000", "r.example:5000", RegistryCredentials.password(user: "u", password: "p:ä\"\\\n")),
            ("docker.io", hub, .password(user: "u", password: "")), ("docker.io", hub, .identityToken("to.ke/n")),
        ]
    )
    func roundTrip(registry: String, key: String, credentials: RegistryCredentials) async throws {
        try await Fixture.with { fixture in
            try await fixture.store.save(credentials, for: registry)
            #expect(try await fixture.store.credentials(for: registry) == credentials)
            let auths = try #require(try fixture.document(fixture.config)["auths"] as? NSDictionary)
            #expect(auths.allKeys as? [String] == [key])
            #expect(try Stat(fixture.config).permissions == [.ownerReadWrite])
            #expect(try Stat(fixture.home).permissions == [.ownerReadWriteExecute])
            #expect(try await fixture.store.erase(registry))
            #expect(try await fixture.store.credentials(for: registry) == nil)
            #expect(try await fixture.store.erase(registry) == false)
        }
    }

    @Test("saving and erasing leave everything else in the file as it was")
    func unknownKeys() async throws {
        let text = """
            {"psFormat": "table {{.ID}}", "n": [1, -0.1, 12345678901234567890, 1e300, true, null, {"x/y": ""}],
             "detachKeys": "ctrl-e,e", "proxies": {"default": {"noProxy": "a"}},
             "auths": {"other.example": {"auth": "kept", "x": 1}, "r.example": {"auth": "", "email": "e"}}}
            """
        try await Fixture.with { fixture in
            try fixture.write(text, to: fixture.config, mode: 0o644)
            let before = try fixture.document(fixture.config)
            try await fixture.store.save(.password(user: "u", password: "p"), for: "r.example")
            let after = try fixture.document(fixture.config)
            for key in ["psFormat", "n", "detachKeys", "proxies"] {
                #expect(before[key] as? NSObject == after[key] as? NSObject, "\(key)")
            }
            #expect(try fixture.read(fixture.config).contains("12345678901234567890"))
            let auths = try #require(after["auths"] as? [String: NSDictionary])
            #expect(auths["other.example"] == ["auth": "kept", "x": 1])
            #expect(auths["r.example"] == ["auth": Fixture.auth("u:p"), "email": "e"])
            #expect(try Stat(fixture.config).permissions == [.ownerReadWrite])
            #expect(try await fixture.store.erase("r.example"))
            let last = try fixture.document(fixture.config)
            #expect(last["auths"] as? NSDictionary == ["other.example": ["auth": "kept", "x": 1] as NSDictionary])
        }
    }

    @Test("all names of a registry are erased")
    func erasesAll() async throws {
        try await Fixture.with { fixture in
            let entry = "{\"auth\": \"\(Fixture.auth("u:p"))\"}"
            let text = "{\"auths\": {\"\(Self.hub)\": \(entry), \"docker.io\": \(entry), \"q.example\": \(entry)}}"
            try fixture.write(text, to: fixture.config)
            #expect(try await fixture.store.erase("docker.io"))
            #expect(try await fixture.store.credentials(for: "docker.io") == nil)
            #expect(try await fixture.store.credentials(for: "q.example") != nil)
        }
    }

    @Test("a linked file is written where it is", arguments: [true, false])
    func links(exists: Bool) async throws {
        try await Fixture.with { fixture in
            let target = fixture.folder.appending("settings/docker.json")
            if exists { try fixture.write("{\"x\": 1}", to: target) }
            try FileManager.default.createDirectory(atPath: fixture.home.string, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: fixture.config.string,
                withDestinationPath: "../settings/docker.json"
            )
            try await fixture.store.save(.identityToken("t"), for: "r.example")
            #expect(try Stat(fixture.config, followTargetSymlink: false).type == .symbolicLink)
            #expect(try fixture.document(target)["x"] as? Int == (exists ? 1 : nil))
            #expect(try await fixture.store.credentials(for: "r.example") == .identityToken("t"))
        }
    }

    @Test("a circle of links and a pipe are errors, not endless waits")
    func noFile() async throws {
        try await Fixture.with { fixture in
            try FileManager.default.createDirectory(atPath: fixture.home.string, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: fixture.config.string,
                withDestinationPath: "config.json"
            )
            await #expect(throws: ImageError.self) {
                try await fixture.store.save(.identityToken("t"), for: "r.example")
            }
            try FileManager.default.removeItem(atPath: fixture.config.string)
            try await Shell.run(["mkfifo", fixture.config.string])
            let error = await #expect(throws: ImageError.self) {
                try await fixture.store.credentials(for: "r.example")
            }
            #expect(error?.message.contains("is not a file") == true)
        }
    }

    @Test("nothing is lost when many save at once")
    func concurrentSaves() async throws {
        try await Fixture.with { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<24 {
                    let credentials = RegistryCredentials.password(user: "u\(number)", password: "p")
                    group.addTask { try await fixture.store.save(credentials, for: "r\(number).example") }
                }
                try await group.waitForAll()
            }
            for number in 0..<24 {
                let found = try await fixture.store.credentials(for: "r\(number).example")
                #expect(found == .password(user: "u\(number)", password: "p"))
            }
        }
    }

    @Test("a save waits for another process's lock and then sees what that process wrote")
    func otherProcess() async throws {
        try await Fixture.with { fixture in
            try fixture.write("{}", to: fixture.config)
            let lock = fixture.home.appending(".config.json.lock")
            // The script holds the lock from before the save starts until it has written the file.
            let script = """
                exec 9>\(lock); flock 9; touch held
                timeout 20 sh -c 'until [ -e go ]; do sleep 0.01; done'; sleep 0.2
                printf '{"auths": {"theirs.example": {"identitytoken": "theirs"}}}' > \(fixture.config)
                """
            async let other: String = Shell.script(script, in: fixture.folder)
            try await Shell.script(
                "timeout 20 sh -c 'until [ -e held ]; do sleep 0.01; done'; touch go",
                in: fixture.folder
            )
            try await fixture.store.save(.identityToken("ours"), for: "ours.example")
            _ = try await other
            #expect(try await fixture.store.credentials(for: "theirs.example") == .identityToken("theirs"))
            #expect(try await fixture.store.credentials(for: "ours.example") == .identityToken("ours"))
        }
    }

    @Test("a cancelled save that waits for the lock ends")
    func cancellation() async throws {
        try await Fixture.with { fixture in
            try fixture.write("{}", to: fixture.config)
            let lock = try FileLock.acquire(fixture.home.appending(".config.json.lock"))
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fixture.store.save(.identityToken("t"), for: "r.example") }
                group.cancelAll()
                await #expect(throws: ImageError.self) { try await group.waitForAll() }
            }
            lock.release()
            #expect(try fixture.read(fixture.config) == "{}")
        }
    }

    @Test(
        "credentials that could not be used are refused",
        arguments: [
            RegistryCredentials.password(user: "a:b", password: "p"), .password(user: "", password: "p"),
            .identityToken(""),
        ]
    )
    func unusable(credentials: RegistryCredentials) async throws {
        try await Fixture.with { fixture in
            let error = await #expect(throws: ImageError.self) {
                try await fixture.store.save(credentials, for: "r.example")
            }
            #expect(error?.code == .invalidArgument)
            #expect(!FileManager.default.fileExists(atPath: fixture.config.string))
        }
    }

    @Test("podman's file is read where Docker's has nothing, and is never written")
    func podman() async throws {
        try await Fixture.with { fixture in
            let text = "{\"auths\": {\"docker.io\": {\"auth\": \"\(Fixture.auth("u:p"))\"}}}"
            try fixture.write(text, to: fixture.podman)
            let credentials = try await fixture.store.credentials(for: "docker.io")
            #expect(credentials == .password(user: "u", password: "p"))
            #expect(try await fixture.store.erase("docker.io") == false)
            try await fixture.store.save(.identityToken("t"), for: "docker.io")
            #expect(try await fixture.store.credentials(for: "docker.io") == .identityToken("t"))
            #expect(try fixture.read(fixture.podman) == text)
        }
    }

    @Test("the places are the environment's")
    func environment() {
        #expect(CredentialStore.folder(["HOME": "/h"]) == "/h/.docker")
        #expect(CredentialStore.folder(["HOME": "/h", "DOCKER_CONFIG": "/c"]) == "/c")
        #expect(CredentialStore.folder(["HOME": "/h", "DOCKER_CONFIG": ""]) == "/h/.docker")
        #expect(CredentialStore.folder(["HOME": ""]) == nil)
        #expect(CredentialStore.podmanFile(["XDG_RUNTIME_DIR": "/r"]) == "/r/containers/auth.json")
        #expect(CredentialStore.searchPath(["PATH": "/a::b:/c"]) == ["/a", "/c"])
        let (nowhere, somewhere) = (CredentialStore(environment: [:]), CredentialStore(environment: ["HOME": "/h"]))
        #expect(nowhere == nil && somewhere != nil)
    }
}

@Suite("Credentials of other programs")
struct CredentialInteropTests {
    @Test("podman and skopeo read what is saved here", .enabled(if: Shell.has("podman"), "podman is not installed"))
    func read() async throws {
        try await CredentialFixture.with { fixture in
            try await fixture.store.save(.password(user: "someone", password: "p:q"), for: "r.example:5000")
            let user = try await Shell.run([
                "podman", "login", "--authfile", fixture.config.string, "--get-login", "r.example:5000",
            ])
            #expect(user.split(separator: "\n").last == "someone")
        }
    }

    @Test(
        "the other programs' logout removes what is saved here, and nothing else",
        arguments: [["skopeo", "logout", "--authfile", "FILE"], ["docker", "--config", "FOLDER", "logout"]]
            .filter { Shell.has($0[0]) }
    )
    func logout(command: [String]) async throws {
        try await CredentialFixture.with { fixture in
            try await fixture.store.save(.password(user: "u", password: "p"), for: "r.example:5000")
            try await fixture.store.save(.password(user: "v", password: "p"), for: "q.example")
            let places = ["FILE": fixture.config.string, "FOLDER": fixture.home.string]
            try await Shell.run(command.map { places[$0] ?? $0 } + ["r.example:5000"])
            #expect(try await fixture.store.credentials(for: "r.example:5000") == nil)
            #expect(try await fixture.store.credentials(for: "q.example") == .password(user: "v", password: "p"))
        }
    }
}
