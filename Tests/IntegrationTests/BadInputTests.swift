import Foundation
import SystemPackage
import Testing

extension EndToEnd {
    @Suite struct BadInputTests {
        /// Checks that a command failed as users may expect it to: one line, that names the object.
        private func expectFailure(
            _ finished: Finished,
            _ code: Int32,
            naming object: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(finished.code == code, sourceLocation: sourceLocation)
            #expect(finished.output == "", sourceLocation: sourceLocation)
            #expect(finished.errorLines.count == 1, "\(finished.error)", sourceLocation: sourceLocation)
            #expect(finished.error.hasPrefix("apus: "), sourceLocation: sourceLocation)
            #expect(finished.error.contains(object), sourceLocation: sourceLocation)
        }

        /// Checks that nothing was declared and nothing is half made.
        private func expectNothing(in node: Node, sourceLocation: SourceLocation = #_sourceLocation) async throws {
            #expect(try await node.succeed("ps", "-aq") == "", sourceLocation: sourceLocation)
            let staged = (try? FileManager.default.contentsOfDirectory(atPath: "\(node.root)/staging")) ?? []
            #expect(staged == [], sourceLocation: sourceLocation)
        }

        @Test(
            "an image that is not there, or has no proper name",
            arguments: ["ghost", "example.org/ghost:1", "UPPER", "a//b"]
        )
        func unknownImage(name: String) async throws {
            try await withNode { node in
                expectFailure(try await node.apus("run", "--rm", name), 125, naming: "\"\(name)\"")
                try await expectNothing(in: node)
            }
        }

        @Test(
            "wrong options are told apart",
            arguments: [
                ["run", "--memory", "lots", "busybox"], ["run", "--memory", "1k", "busybox"],
                ["run", "--cpus", "-1", "busybox"], ["run", "--name", "-", "busybox"], ["run", "-e", "", "busybox"],
                ["run", "-w", "relative", "busybox"], ["run", "--bad", "busybox"], ["run"], ["frobnicate"],
                ["run", "--accelerator", "magic", "busybox"], ["kill", "-s", "NOPE", "x"],
                ["ps", "--root", "relative"],
                ["logs", "--tail", "x", "y"], ["run", "--hostname", "a b", "busybox"],
                ["run", "--detach-keys", "ctrl-", "busybox"], ["exec"], ["rm"], ["import", "/nowhere"],
            ]
        )
        func options(arguments: [String]) async throws {
            try await withNode { node in
                let finished = try await node.command(arguments).run()
                #expect(finished.code == 125 || finished.code == 1, "\(arguments)")
                #expect(finished.output == "")
                #expect(finished.error.hasPrefix("apus: "), "\(finished.error)")
                // How the command is used may follow.
                #expect(finished.errorLines.count <= 2, "\(finished.error)")
                try await expectNothing(in: node)
            }
        }

        @Test(
            "an archive that is none, ends too early or does not exist",
            arguments: ["garbage", "short", "missing", "empty"]
        )
        func brokenArchive(kind: String) async throws {
            try await withNode { node in
                let made = try await node.shell(
                    """
                    head -c 100000 /dev/urandom >garbage; : >empty
                    umoci init --layout oci; umoci new --image oci:base
                    umoci unpack --image oci:base bundle; cp -a tree/. bundle/rootfs; umoci repack --image oci:base bundle
                    skopeo copy --quiet --insecure-policy oci:oci:base docker-archive:whole:web:1
                    head -c 500000 whole >short
                    """
                )
                #expect(made.code == 0, "\(made.error)")
                let path = node.folder.appending(kind).string
                expectFailure(try await node.apus("load", "-i", path), 1, naming: path)
                if kind != "empty" { expectFailure(try await node.apus("import", path, "web"), 1, naming: path) }
                try await expectNothing(in: node)
                #expect(!(try await node.succeed("images").contains("web")))
            }
        }

        @Test("a layer's disk that is too short, or gone", arguments: ["truncate -s 8192", "rm"])
        func damagedDisk(command: String) async throws {
            try await withNode { node in
                let damage = try await node.shell("find root/images/layers -size +100k -type f | xargs \(command)")
                #expect(damage.code == 0, "\(damage.error)")
                expectFailure(try await node.apus("run", "--rm", "busybox", "true"), 125, naming: "busybox")
                try await expectNothing(in: node)
            }
        }

        @Test("a layer's disk with other bytes than it had")
        func corruptDisk() async throws {
            try await withNode { node in
                let script = """
                    for disk in $(find root/images/layers -size +100k -type f); do
                        dd if=/dev/zero of=$disk bs=1024 seek=1 count=64 conv=notrunc 2>/dev/null
                    done
                    """
                #expect(try await node.shell(script).code == 0)
                let finished = try await node.apus("run", "--rm", "busybox", "true")
                expectFailure(finished, 125, naming: "busybox")
                try await expectNothing(in: node)
            }
        }

        @Test(
            "a kernel that is missing or is none",
            arguments: ["rm root/kernel", "rm root/kernel; mkdir -p root/kernel/current"]
        )
        func missingKernel(script: String) async throws {
            try await withNode { node in
                #expect(try await node.shell("\(script); rm -rf root/guest").code == 0)
                expectFailure(try await node.apus("run", "--rm", "busybox", "true"), 125, naming: "kernel")
                try await expectNothing(in: node)
            }
        }

        @Test("a guest program that is missing or is none", arguments: ["/nowhere/apus-guest", "/etc/passwd"])
        func missingGuest(path: String) async throws {
            try await withNode { base in
                var node = base
                node.environment["APUS_GUEST"] = path
                let finished = try await node.apus("run", "--rm", "busybox", "true")
                expectFailure(finished, 125, naming: path)
                try await expectNothing(in: node)
            }
        }

        @Test("an accelerator that was asked for and does not work")
        func forcedAccelerator() async throws {
            try await withNode { node in
                // In a private view of the machine the device is another one, so this holds where KVM works as well.
                let script = """
                    unshare -m sh -c '{ [ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm; } && exec "$APUS" run --accelerator kvm --rm busybox true'
                    """
                expectFailure(try await node.shell(script), 125, naming: "kvm")
                try await expectNothing(in: node)
            }
        }

        @Test("a disk that is full when an image is made")
        func fullDiskOnImport() async throws {
            try await withNode { node in
                let script = """
                    mkdir small
                    unshare -m sh -c '
                        mount -t tmpfs -o size=512k none small
                        code=0; "$APUS" import --root $PWD/small tree web || code=$?
                        ls small/staging >staged; exit $code'
                    """
                expectFailure(try await node.shell(script), 1, naming: "space")
                #expect(try await node.shell("cat staged").output == "")
            }
        }

        @Test("a disk that becomes full while a container writes its log")
        func fullDiskOnLog() async throws {
            try await withNode { node in
                let script = """
                    mkdir small
                    unshare -m sh -c '
                        mount -t tmpfs none small
                        cp -a root small/ && used=$(du -sk small | cut -f 1)
                        mount -o remount,size=$((used + 1024))k small
                        export APUS_ROOT=$PWD/small/root
                        code=0; "$APUS" run --name noisy busybox sh -c "yes | head -c 8000000" >out || code=$?
                        "$APUS" ps -a >list; "$APUS" rm noisy >/dev/null || code=1; exit $code'
                    """
                expectFailure(try await node.shell(script), 125, naming: "space")
                #expect(try await node.shell("cat list").output.contains("noisy"))
            }
        }

        @Test("a data folder that can only be read")
        func readOnly() async throws {
            try await withNode { node in
                let script = """
                    unshare -m sh -c '
                        mount --bind root root && mount -o remount,bind,ro root
                        exec "$APUS" run --rm busybox true'
                    """
                expectFailure(try await node.shell(script), 125, naming: "ead-only")
            }
        }

        @Test("a user who is not root")
        func notRoot() async throws {
            try await withNode { node in
                // A build that measures coverage complains when it cannot write its figures.
                let script = """
                    chmod 755 . && LLVM_PROFILE_FILE=/dev/null exec setpriv --reuid 65534 --regid 65534 --clear-groups \\
                        "$APUS" run --rm busybox true
                    """
                let finished = try await node.shell(script)
                // The command itself may lie where others cannot reach it; the shell then says so with 126.
                guard finished.code != 126, finished.code != 127 else { return }
                expectFailure(finished, 125, naming: "are you root")
            }
        }
    }
}
