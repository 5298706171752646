import Testing

extension EndToEnd {
    @Suite struct ImageTests {
        /// An image of two layers, made by other people's tools; `oci` is its layout.
        private static let script = """
            umoci init --layout oci
            umoci new --image oci:base
            umoci unpack --image oci:base bundle
            cp -a tree/. bundle/rootfs
            umoci repack --image oci:base bundle
            rm bundle/rootfs/bin/broken && echo second >bundle/rootfs/etc/layer
            umoci repack --image oci:base --refresh-bundle bundle
            umoci config --image oci:base --config.cmd /bin/list --config.cmd from-image --config.env ORIGIN=umoci \
                --config.workingdir /var --config.user app
            """

        @Test(
            "archives that skopeo and umoci wrote are loaded and run",
            arguments: ["docker-archive:image.tar:example.org/shop/web:1.0", "oci-archive:image.tar:web"]
        )
        func load(destination: String) async throws {
            try await withNode { node in
                let made = try await node.shell(
                    """
                    \(Self.script)
                    skopeo copy --quiet --insecure-policy oci:oci:base \(destination)
                    "$APUS" load -i image.tar --name example.org/shop/web:1.0
                    """
                )
                #expect(made.code == 0, "\(made.error)")
                #expect(made.output.contains("Loaded image: example.org/shop/web:1.0"))
                #expect(try await node.succeed("images").contains("example.org/shop/web"))
                #expect(try await node.succeed("run", "--rm", "example.org/shop/web:1.0") == "from-image")
                let script =
                    "echo $ORIGIN; pwd; id -un; cat /etc/layer; ls /bin/broken 2>&1 | wc -l; ls /bin | grep -c broken"
                let inside = try await node.apus("run", "--rm", "example.org/shop/web:1.0", "sh", "-c", script)
                #expect(inside.lines == ["umoci", "/var", "app", "second", "1", "0"])
            }
        }

        @Test("a folder with an OCI layout is loaded")
        func layout() async throws {
            try await withNode { node in
                let made = try await node.shell("\(Self.script)\n\"$APUS\" load --name web oci")
                #expect(made.code == 0, "\(made.error)")
                #expect(try await node.succeed("run", "--rm", "web", "cat", "/etc/layer") == "second")
            }
        }

        @Test("an image that a container was made from stays until the container goes")
        func inUse() async throws {
            try await withNode { node in
                try await node.succeed("run", "--name", "user", "busybox", "true")
                let refused = try await node.apus("rmi", "busybox")
                #expect(refused.code == 1)
                #expect(refused.errorLines.count == 1)
                #expect(refused.error.contains("is used by container \"user\""))
                try await node.succeed("rm", "user")
                try await node.succeed("rmi", "busybox")
                #expect(!(try await node.succeed("images").contains("busybox")))
                #expect(try await node.succeed("run", "--rm", "configured") == "entry\none\ntwo")
            }
        }
    }
}
