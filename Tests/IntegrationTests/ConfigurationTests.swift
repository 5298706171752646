import Testing

extension EndToEnd {
    @Suite struct ConfigurationTests {
        @Test("the image's entrypoint and command are run, and the user's command replaces only the latter")
        func entrypointAndCommand() async throws {
            try await withNode { node in
                let whole = try await node.succeed("run", "--rm", "configured")
                #expect(whole == "entry\none\ntwo")
                let replaced = try await node.succeed("run", "--rm", "configured", "three", "--four")
                #expect(replaced == "entry\nthree\n--four")
            }
        }

        @Test("the image's variables, folder and user hold, and the user's variables go over them")
        func settings() async throws {
            try await withNode { base in
                var node = base
                node.environment["FROM_HOST"] = "host value"
                let script = "echo $GREETING; echo $PLACE; echo $FROM_HOST; pwd; id"
                let output = try await node.succeed(
                    "run",
                    "--rm",
                    "-e",
                    "PLACE=user",
                    "-e",
                    "FROM_HOST",
                    "--entrypoint",
                    "sh",
                    "configured",
                    "-c",
                    script
                )
                #expect(
                    output.split(separator: "\n") == [
                        "hello", "user", "host value", "/home/app", "uid=1000(app) gid=1000(app) groups=2000(staff)",
                    ]
                )
            }
        }

        @Test("the user's folder and user go over the image's")
        func overrides() async throws {
            try await withNode { node in
                let output = try await node.succeed(
                    "run",
                    "--rm",
                    "-w",
                    "/var",
                    "-u",
                    "root",
                    "--entrypoint",
                    "sh",
                    "configured",
                    "-c",
                    "pwd; id -u"
                )
                #expect(output == "/var\n0")
            }
        }

        @Test(
            "a user or a group that the image does not know is an error that names it",
            arguments: ["ghost", "app:ghosts"]
        )
        func unknownUser(user: String) async throws {
            try await withNode { node in
                let finished = try await node.apus("run", "--rm", "-u", user, "busybox", "true")
                #expect(finished.code == 125)
                #expect(finished.errorLines.count == 1)
                #expect(finished.error.contains("\"\(user.split(separator: ":").last ?? "")\""))
            }
        }
    }
}
