import Foundation
import Pods
import Sandboxes
import SystemPackage
import TestSupport
import Testing

extension EndToEnd {
    /// What a running container has changed, as a layer.
    @Suite struct ArchiveTests {
        @Test(
            "a container's changes make a layer that makes the same tree, for us and for others",
            arguments: [true, false]
        )
        func roundTrip(pause: Bool) async throws {
            try await withNode { node in
                let image = try await ChangedImage(node)
                try await node.succeed("run", "-d", "--name", "box", "origin", "sleep", "100000")
                try await node.succeed("exec", "box", "sh", "-euc", ChangedImage.changes)
                let tree = try await node.apus("exec", "box", "sh", "-c", ChangedImage.listing).lines
                #expect(tree.count > 40)
                let layer = try await Self.archive(node, "box", pause: pause)
                try await image.load([layer], as: "result")
                let ours = try await node.apus("run", "--rm", "result", "sh", "-c", ChangedImage.listing).lines
                #expect(ours == tree)
                let theirs = try await node.shell(
                    """
                    skopeo copy --quiet --insecure-policy docker-archive:result.tar oci:oci:result
                    umoci unpack --image oci:result bundle 2>/dev/null
                    chroot bundle/rootfs /bin/sh -c "$LISTING"
                    getcap bundle/rootfs/data/capable
                    """.replacing("\"$LISTING\"", with: "'\(ChangedImage.listing.replacing("'", with: "'\\''"))'")
                )
                #expect(theirs.lines.dropLast() == tree[...], "\(theirs.error)")
                #expect(theirs.lines.last == "bundle/rootfs/data/capable cap_net_bind_service=ep")
            }
        }

        @Test("an archive has layers' marks and whole times, and neither sockets nor overlayfs's own attributes")
        func form() async throws {
            try await withNode { node in
                _ = try await ChangedImage(node)
                try await node.succeed("run", "-d", "--name", "box", "origin", "sleep", "100000")
                try await node.succeed("exec", "box", "sh", "-euc", ChangedImage.changes)
                let layer = try await Self.archive(node, "box", pause: true)
                _ = try node.file("layer.tar", Data(layer))
                let names = try await node.shell("tar -tf layer.tar").lines
                #expect(names.contains("data/.wh.deleted"))
                #expect(names.contains("data/hidden/.wh..wh..opq"))
                #expect(!names.contains { $0.contains("socket") || $0.hasSuffix("/kept") })
                #expect(Set(names).count == names.count)
                let details = try await node.shell("bsdtar -cf - --format=mtree @layer.tar | grep '^./data/new '")
                let time = details.line.split(separator: " ").first { $0.hasPrefix("time=") } ?? ""
                #expect(time.split(separator: ".").last != "0", "\(details.line)")
                let isClean = !String(decoding: layer, as: UTF8.self).contains("trusted.overlay")
                #expect(isClean)
            }
        }

        @Test("a paused container stands still until its archive has ended, and then goes on")
        func paused() async throws {
            try await withNode { node in
                try await Self.startCounting(node)
                let service = try Self.service(node)
                try await service.archiveChanges(of: "box") { archive in
                    var pieces = archive.makeAsyncIterator()
                    _ = try await pieces.next()
                    // The archive cannot have ended: it is larger than what may be on its way.
                    let exec = try await node.apus("exec", "box", "true")
                    #expect(exec.code != 0)
                    #expect(exec.error.contains("paused"), "\(exec.error)")
                    let second = await #expect(throws: PodsError.self) {
                        try await service.archiveChanges(of: "box") { for try await _ in $0 {} }
                    }
                    #expect(second?.code == .conflict)
                    #expect(second?.message.contains("being archived already") == true)
                    while try await pieces.next() != nil {}
                }
                try await Self.expectRunning(node)
            }
        }

        @Test("a container goes on when whoever wanted its archive goes away")
        func abandoned() async throws {
            try await withNode { node in
                try await Self.startCounting(node)
                try await Self.service(node).archiveChanges(of: "box") { archive in
                    var pieces = archive.makeAsyncIterator()
                    _ = try await pieces.next()
                }
                try await Self.expectRunning(node)
                _ = try await Self.archive(node, "box", pause: true)
            }
        }

        @Test("a container goes on when its attendant dies during an archive")
        func orphaned() async throws {
            try await withNode { node in
                try await Self.startCounting(node)
                let error = await #expect(throws: (any Error).self) {
                    try await Self.service(node).archiveChanges(of: "box") { archive in
                        var pieces = archive.makeAsyncIterator()
                        _ = try await pieces.next()
                        let attendant = try #require(Leaks.attendant(of: node.folder))
                        #expect(kill(attendant.pid, SIGKILL) == 0)
                        while try await pieces.next() != nil {}
                    }
                }
                #expect("\(error as Any)".contains("broke off"), "\(error as Any)")
                try await Self.expectRunning(node)
            }
        }

        @Test("an archive of a container that changes its files meanwhile is readable, and nothing else happens")
        func racing() async throws {
            try await withNode { node in
                let script = """
                    mkdir -p /busy/many; cd /busy/many; seq 2000 | xargs touch; cd ..; : >/ready
                    while :; do
                        mkdir -p a/b/c/d; echo x >a/b/c/d/f; ln a/b/c/d/f a/l; mv a z; ln -s /proc/1 a; rm a; rm -rf z
                    done &
                    while :; do
                        dd if=/dev/zero of=big bs=64k count=20 2>/dev/null; : >big; rm -f big; mkfifo big; rm big
                    done &
                    while :; do mkdir t; ln -s / t/r; rm -r t; ln -s / t; rm t; done
                    """
                try await node.succeed("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
                try await eventually("the files") {
                    try await node.apus("exec", "box", "test", "-e", "/ready").code == 0
                }
                for _ in 0..<10 {
                    let layer = try await Self.archive(node, "box", pause: false)
                    _ = try node.file("layer.tar", Data(layer))
                    let names = try await node.shell("bsdtar -tf layer.tar")
                    #expect(names.code == 0, "\(names.error)")
                    #expect(names.lines.allSatisfy { !$0.contains("..") && !$0.hasPrefix("/") })
                    let foreign = names.lines.filter { $0.contains("modules") || $0.contains("vport") }
                    #expect(foreign == [])
                }
                try await Self.expectRunning(node)
            }
        }

        @Test("a name that would mean a deletion in a layer is refused instead of deleting something")
        func markedName() async throws {
            try await withNode { node in
                try await node.succeed(
                    "run",
                    "-d",
                    "--name",
                    "box",
                    "busybox",
                    "sh",
                    "-c",
                    "touch /tmp/.wh.x; sleep 1000"
                )
                try await eventually("the file") {
                    try await node.apus("exec", "box", "test", "-e", "/tmp/.wh.x").code == 0
                }
                let error = await #expect(throws: PodsError.self) {
                    _ = try await Self.archive(node, "box", pause: true)
                }
                #expect(error?.message.contains("tmp/.wh.x") == true, "\(error as Any)")
                #expect(error?.message.contains("container box") == true)
                try await Self.expectRunning(node)
            }
        }

        @Test("folders deeper than any path are refused with their name, not followed for ever")
        func deep() async throws {
            try await withNode { node in
                let script =
                    "cd /tmp; n=0; while [ $n -lt 2100 ]; do mkdir a && cd a; n=$((n+1)); done; cd /; : >done; sleep 1000"
                try await node.succeed("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
                try await eventually("the folders") {
                    try await node.apus("exec", "box", "test", "-e", "/done").code == 0
                }
                let error = await #expect(throws: PodsError.self) {
                    _ = try await Self.archive(node, "box", pause: true)
                }
                #expect(error?.message.contains("tmp/a/a") == true, "\(error as Any)")
                try await Self.expectRunning(node)
            }
        }

        @Test("a pod that does not run has no changes, and says so")
        func notRunning() async throws {
            try await withNode { node in
                try await node.succeed("run", "--name", "box", "busybox", "true")
                let error = await #expect(throws: PodsError.self) {
                    _ = try await Self.archive(node, "box", pause: true)
                }
                #expect(error?.code == .conflict)
                #expect(error?.message == "container \"box\" is not running (see \"apus ps -a\")")
                let unknown = await #expect(throws: PodsError.self) {
                    _ = try await Self.archive(node, "nobody", pause: true)
                }
                #expect(unknown?.code == .notFound)
            }
        }

        // MARK: What the tests share

        /// Writes more than credits and sockets hold, then counts.
        private static let counting = """
            dd if=/dev/urandom of=/tmp/large bs=1M count=8 2>/dev/null
            n=0; while :; do n=$((n+1)); echo $n >/tmp/count; done
            """

        /// Starts a container that counts, once it has made its archive a long one.
        private static func startCounting(_ node: Node) async throws {
            try await node.succeed("run", "-d", "--name", "box", "busybox", "sh", "-c", counting)
            try await eventually("the count") {
                try await node.apus("exec", "box", "test", "-e", "/tmp/count").code == 0
            }
        }

        private static func service(_ node: Node) throws -> PodService {
            let guest = FilePath(try #require(ProcessInfo.processInfo.environment["APUS_GUEST"]))
            return try PodService(
                node: NodeConfiguration(root: node.root, runRoot: node.runRoot, program: node.program, guest: guest)
            )
        }

        private static func archive(_ node: Node, _ name: String, pause: Bool) async throws -> [UInt8] {
            try await service(node).archiveChanges(of: name, pause: pause) { archive in
                var bytes: [UInt8] = []
                for try await piece in archive { bytes += piece }
                return bytes
            }
        }

        /// Expects that the container executes commands, and that its own process, if it counts, counts on.
        private static func expectRunning(_ node: Node) async throws {
            try await eventually("the container goes on") { try await node.apus("exec", "box", "true").code == 0 }
            let script =
                "c() { cat /tmp/count 2>/dev/null; }; [ ! -e /tmp/count ] || { a=$(c); while [ \"$(c)\" = \"$a\" ]; do :; done; }"
            let finished = try await node.apus("exec", "box", "sh", "-c", script)
            #expect(finished.code == 0, "\(finished.error)")
        }
    }
}
