import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

extension EndToEnd {
    /// The command and a registry.
    @Suite(.enabled(if: LocalRegistry.isInstalled, "needs docker-registry, apache2-utils and openssl"))
    struct RegistryTests {
        @Test("an image that was pushed and pulled runs")
        func roundTrip() async throws {
            try await LocalRegistry.with { registry in
                try await withNode { node in
                    let name = "\(registry.name)/team/box:v1"
                    try await node.succeed("tag", "busybox", name)
                    let pushed = try await node.succeed("push", "-q", name)
                    try await node.succeed("rmi", name)
                    #expect(try await node.apus("run", "--rm", name, "true").code == 125)
                    let pulled = try await node.apus("pull", name)
                    #expect(pulled.lines.contains("Digest: \(pushed)"), "\(pulled.error)")
                    #expect(try await node.succeed("run", "--rm", name, "echo", "hello") == "hello")
                }
            }
        }

        @Test("logins are kept for pulls and pushes, and forgotten on request")
        func login() async throws {
            try await LocalRegistry.with(.init(isTLS: false, login: ("me", "secret"))) { registry in
                try await withNode { node in
                    var node = node
                    node.environment["DOCKER_CONFIG"] = "\(node.folder)/docker"
                    let name = "\(registry.name)/box:v1"
                    try await node.succeed("tag", "busybox", name)
                    #expect(try await node.apus("push", name).error.contains("apus login"))
                    let wrong = try await node.apus("login", "-u", "me", "-p", "wrong", registry.name)
                    #expect(wrong.code == 1 && !wrong.error.contains("wrong\""))
                    let secret = try node.file("secret", Data("secret\n".utf8))
                    let login = try await node.apus(
                        "login",
                        "-u",
                        "me",
                        "--password-stdin",
                        registry.name,
                        input: secret
                    )
                    #expect(login.line == "Login Succeeded", "\(login.error)")
                    try await node.succeed("push", "-q", name)
                    try await node.succeed("logout", registry.name)
                    #expect(try await node.apus("push", name).code == 1)
                }
            }
        }

        @Test("a pull that is killed at any moment leaves a whole store, and the next one ends the work")
        func killed() async throws {
            try await LocalRegistry.with { registry in
                try await withNode { node in
                    let name = "\(registry.name)/big:v1"
                    let script = #"""
                        mkdir big; cp /bin/busybox big/; head -c 30000000 /dev/urandom >big/data
                        sum=$(sha256sum <big/data)
                        $APUS import big \#(name) >/dev/null; $APUS push -q \#(name) >/dev/null; $APUS rmi \#(name) >/dev/null
                        for try in $(seq 0 24); do
                            $APUS pull -q \#(name) >/dev/null 2>&1 &
                            sleep "0.$((try / 10))$((try % 10))"; kill -9 $! 2>/dev/null || true
                            wait $! 2>/dev/null || true
                            $APUS images -q | grep -v -f known >/dev/null || continue
                            $APUS rmi \#(name) >/dev/null
                        done
                        $APUS pull -q \#(name) >/dev/null
                        [ "$($APUS run --rm \#(name) /busybox sha256sum /data | cut -d ' ' -f 1)" = "${sum%% *}" ]
                        $APUS image prune -f >/dev/null; ls root/images/ingest root/images/staging | grep -v : | sort -u
                        """#
                    let ids = try await node.apus("images", "-q").lines.joined(separator: "\n")
                    _ = try node.file("known", Data((ids + "\n").utf8))
                    let finished = try await node.shell(script, patience: .seconds(150))
                    #expect(finished.code == 0 && finished.lines.filter { !$0.isEmpty } == [], "\(finished)")
                }
            }
        }
    }
}
