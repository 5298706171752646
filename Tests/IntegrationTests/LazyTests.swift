import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

extension EndToEnd {
    /// Containers that start before their image's layers are here.
    @Suite(.enabled(if: LocalRegistry.isInstalled, "needs docker-registry, apache2-utils and openssl"))
    struct LazyTests {
        @Test("a container starts from published disks, and afterwards its image starts without the registry")
        func run() async throws {
            try await LocalRegistry.with { registry in
                let name = "\(registry.name)/team/busybox:v1"
                try await withPublished(name) { node in
                    try await node.succeed("pull", "--lazy", name)
                    #expect(try await node.shell("ls root/images/layers").lines == [])
                    let script = "cat /bin/list; cat /etc/big >/dev/null; sleep 5"
                    let first = try await node.apus("run", "--rm", name, "sh", "-c", script)
                    #expect(first.code == 0, "\(first.error)")
                    #expect(first.lines.first == "#!/bin/sh")
                    #expect(try await node.shell("ls root/images/lazy/*/whole").lines.count == 1)
                    registry.kill()
                    #expect(try await node.apus("run", "--rm", name, "echo", "again").line == "again")
                }
            }
        }

        @Test("a read that the registry does not answer is an I/O error in the container, with its reason in the log")
        func registryGone() async throws {
            try await LocalRegistry.with { registry in
                let name = "\(registry.name)/team/busybox:v1"
                try await withPublished(name) { node in
                    try await node.succeed("pull", "--lazy", name)
                    // Whoever holds the lock is the one to fill the disk, so that the pod's attendant does not.
                    let lock = try await node.shell("for f in root/images/lazy/*/; do echo $f/lock; done").line
                    let held = try FileLock.acquire(node.folder.appending(lock))
                    let script = "echo up; read line; cat /etc/big >/dev/null || echo failed; read line"
                    let finished = try await node.running("run", "-i", "--name", "one", name, "sh", "-c", script) {
                        try await $0.waitForOutput("up")
                        registry.kill()
                        try await $0.write("go\n")
                        let command = $0
                        try await eventually("the failure", within: .seconds(50)) { command.output.contains("failed") }
                        let log = try await node.shell("cat run/pods/*/attendant.log")
                        let reasons = log.lines.filter { $0.contains("cannot fetch a part of the image") }
                        #expect(reasons.count == 1, "\(log.output)")
                    }
                    #expect(finished.error.contains("Input/output error"))
                    held.release()
                }
            }
        }

        @Test("a container goes on reading its image when its attendant was replaced")
        func attendantDies() async throws {
            try await LocalRegistry.with { registry in
                let name = "\(registry.name)/team/busybox:v1"
                try await withPublished(name) { node in
                    try await node.succeed("pull", "--lazy", name)
                    let script = "while [ ! -e /go ]; do sleep 0.1; done; cksum </etc/big; sleep 1"
                    try await node.succeed("run", "-d", "--name", "one", name, "sh", "-c", script)
                    let attendant = try #require(Leaks.attendant(of: node.folder))
                    #expect(kill(attendant.pid, SIGKILL) == 0)
                    _ = try await node.apus("ps")
                    try await node.succeed("exec", "one", "touch", "/go")
                    try await eventually("its end") { try await node.status(of: "one").contains("Exited (0)") }
                    let expected = try await node.shell("busybox cksum <big")
                    #expect(try await node.succeed("logs", "one") == expected.line)
                }
            }
        }

        /// Runs a body with a node that has nothing of an image that it has published with its disks.
        func withPublished(_ name: String, _ body: @escaping (Node) async throws -> Void) async throws {
            try await withNode { node in
                try await node.shell(
                    """
                    head -c 8000000 /dev/urandom >big; cp big tree/etc/big
                    "$APUS" import --change 'CMD ["sh"]' tree \(name); "$APUS" push -q --disks \(name)
                    rm -rf root/images
                    """
                )
                try await body(node)
            }
        }
    }
}
