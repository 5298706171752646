import FoundationEssentials
import Images
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("Loading archives", .enabled(if: StoreFixture.isPossible, StoreFixture.reason))
struct LoadTests {
    @Test("a busybox archive becomes an image", .enabled(if: ImageFixtures.hasBusybox, "needs busybox-static"))
    func busybox() async throws {
        try await StoreFixture.with { fixture in
            let archive = try await ImageFixtures.busyboxArchive(in: fixture.folder, extraFiles: ["etc/motd": "hi"])
            let image = try #require(try await fixture.store.load(archive: archive).first)
            #expect(image.references.map(\.description) == ["busybox:latest"])
            #expect(image.configuration.command == ["sh"])
            #expect(image.size > 1 << 20 && image.size % 4096 == 0)
            #expect(Digest(hashing: try fixture.store.configurationBlob(of: image)) == image.id)
            try fixture.store.verify(image)
            #expect(try fixture.store.list() == [image])
            for name in ["busybox", "docker.io/library/busybox", image.id.description, String(image.id.hex.prefix(7))] {
                #expect(try fixture.store.image(name) == image)
            }
            #expect(fixture.names("staging") == [])
        }
    }

    @Test("archives compressed as a whole are read", arguments: ["gzip", "zstd -q --rm"])
    func compressed(program: String) async throws {
        try await StoreFixture.with { fixture in
            var layer = TarBuilder()
            layer.add("f", .file, Array("x".utf8))
            let archive = try await ImageFixtures.dockerArchive(
                in: fixture.folder,
                file: "a.tar",
                layers: [layer.finished],
                tags: ["a:1"]
            )
            try await Shell.script("\(program) \(archive); mv \(archive).* \(archive)")
            #expect(try await fixture.store.load(archive: archive).first?.displayName == "a:1")
        }
    }

    @Test(
        "what skopeo and umoci write is read, under one id",
        .enabled(if: Shell.has("skopeo", "umoci"), "needs skopeo and umoci")
    )
    func realTools() async throws {
        try await StoreFixture.with { fixture in
            try await Shell.script(
                """
                export HOME=$PWD; mkdir -p tree/bin; echo hello > tree/bin/x; chmod 711 tree; chown 3:4 tree
                umoci init --layout lay; umoci new --image lay:v7; umoci insert --image lay:v7 tree /
                umoci insert --image lay:v7 --whiteout /bin/y
                umoci config --image lay:v7 --config.cmd run --config.user 7
                skopeo copy -q oci:lay:v7 docker-archive:docker.tar:real:v1
                skopeo copy -q oci:lay:v7 oci-archive:plain.tar
                skopeo copy -q --dest-compress-format zstd --dest-compress oci:lay:v7 oci:zlay:v7
                """,
                in: fixture.folder
            )
            let load = { (file: String) in
                try #require(try await fixture.store.load(archive: fixture.folder.appending(file)).first)
            }
            let docker = try await load("docker.tar")
            #expect(docker.references.map(\.description) == ["real:v1"])
            // The upper layer has no entry for the root folder, whose attributes a third disk gives back.
            #expect(docker.layers.count == 3)
            #expect(docker.configuration.user == "7")
            #expect(try await fixture.inside(docker, "cat bin/x; stat -c '%a %u %g' .") == "hello\n711 3 4\n")
            let archive = try await load("plain.tar")
            #expect(archive.id == docker.id)
            #expect(archive.references.map(\.description) == ["plain:latest", "real:v1"])
            #expect(try await load("lay").references.map(\.description) == ["lay:v7", "plain:latest", "real:v1"])
            let named = try await fixture.store.load(
                archive: fixture.folder.appending("zlay"),
                as: ImageReference("own:name")
            )
            #expect(named.first?.references.contains(try ImageReference("own:name")) == true)
            #expect(try fixture.store.list().count == 1)
        }
    }

    @Test("zstd layers of an OCI layout are verified and read")
    func zstdLayers() async throws {
        try await StoreFixture.with { fixture in
            let layout = try await OCIFixture(fixture.folder, compress: "zstd -q").write()
            let image = try #require(try await fixture.store.load(archive: layout).first)
            #expect(image.displayName == "layout:latest")
        }
    }

    @Test("of several platforms this machine's is chosen")
    func platforms() async throws {
        try await StoreFixture.with { fixture in
            let mine = try await OCIFixture(fixture.folder, otherPlatform: true).write()
            #expect(try await fixture.store.load(archive: mine).count == 1)
        }
    }

    @Test("an image for another machine is refused")
    func otherPlatform() async throws {
        try await StoreFixture.with { fixture in
            var layer = TarBuilder()
            layer.add("f", .file)
            let archive = try await ImageFixtures.dockerArchive(
                in: fixture.folder,
                file: "a.tar",
                layers: [layer.finished],
                tags: ["a:1"],
                architecture: "s390x"
            )
            await fixture.expectFailure(.unsupported, "is for linux/s390x") {
                _ = try await fixture.store.load(archive: archive)
            }
        }
    }

    @Test("a name moves on to the image that was loaded last")
    func retag() async throws {
        try await StoreFixture.with { fixture in
            var layer = TarBuilder()
            layer.add("one", .file)
            let old = try await fixture.load([layer])
            layer.add("two", .file)
            let new = try await fixture.load([layer])
            #expect(try fixture.store.image("test").id == new.id)
            #expect(try fixture.store.image(old.id.description).references == [])
        }
    }

    @Test("the same image loaded many times at once is stored once")
    func concurrent() async throws {
        try await StoreFixture.with { fixture in
            var layer = TarBuilder()
            layer.add("f", .file, [UInt8](repeating: 7, count: 100_000))
            let archive = try await ImageFixtures.dockerArchive(
                in: fixture.folder,
                file: "a.tar",
                layers: [layer.finished],
                tags: ["a:1"]
            )
            let ids = try await withThrowingTaskGroup(of: Digest?.self) { group in
                for _ in 0..<6 {
                    group.addTask { try await ImageStore(root: fixture.root).load(archive: archive).first?.id }
                }
                return try await group.reduce(into: Set<Digest?>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(fixture.names("layers").count == 1)
            #expect(fixture.names("staging") == [])
            try fixture.store.verify(fixture.store.image("a:1"))
        }
    }

    @Test("a cancelled load leaves nothing behind")
    func cancelled() async throws {
        try await StoreFixture.with { fixture in
            var layer = TarBuilder()
            layer.add("f", .file)
            let archive = try await ImageFixtures.dockerArchive(
                in: fixture.folder,
                file: "a.tar",
                layers: [layer.finished],
                tags: ["a:1"]
            )
            let failed = await withTaskGroup(of: Bool.self) { group in
                group.cancelAll()
                group.addTask { (try? await fixture.store.load(archive: archive)) == nil }
                return await group.next()
            }
            #expect(failed == true)
            fixture.expectEmpty()
        }
    }
}
