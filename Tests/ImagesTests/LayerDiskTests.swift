import FoundationEssentials
import Images
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite(
    "Layer disks under overlayfs",
    .enabled(if: StoreFixture.isPossible, StoreFixture.reason),
    .enabled(if: Shell.has("unshare", "mount", "getcap"), "needs unshare, mount and libcap2-bin")
)
struct LayerDiskTests {
    @Test("deletions and opaque folders hide what lies below, and nothing else")
    func whiteouts() async throws {
        try await StoreFixture.with { fixture in
            var lower = TarBuilder()
            for folder in ["d", "o", "r", "o2"] { lower.add("\(folder)/", .folder, mode: 0o755) }
            for file in ["gone", "stays", "d/gone", "d/stays", "o/hidden", "r/hidden", "again", "o2/hidden"] {
                lower.add(file, .file, Array("old".utf8))
            }
            var upper = TarBuilder()
            upper.add(".wh.gone", .file)
            upper.add("d/.wh.gone", .file)
            upper.add("o/", .folder, mode: 0o2750, owner: 12, group: 34)
            upper.add("o/new", .file, Array("new".utf8))
            upper.add("o/.wh..wh..opq", .file)
            upper.add(".wh.r", .file)
            upper.add("r/", .folder, mode: 0o700)
            upper.add("r/new", .file)
            upper.add("again", .file, Array("new".utf8))
            upper.add(".wh.again", .file)
            upper.add("o2/.wh..wh..opq", .file)
            let image = try await fixture.load([lower, upper])
            let found = try await fixture.inside(image, "find . -mindepth 1 | sort; stat -c '%a %u %g %n' o; cat again")
            #expect(
                found.split(separator: "\n") == [
                    "./again", "./d", "./d/stays", "./o", "./o/new", "./o2", "./r", "./r/new", "./stays",
                    "2750 12 34 o", "new",
                ]
            )
        }
    }

    @Test("a layer that occurs twice is stacked once, where it is topmost")
    func repeatedLayer() async throws {
        try await StoreFixture.with { fixture in
            var one = TarBuilder()
            one.add("f", .file, Array("one".utf8))
            var two = TarBuilder()
            two.add("f", .file, Array("two".utf8))
            let image = try await fixture.load([one, two, one])
            #expect(image.layers.count == 2)
            #expect(try await fixture.inside(image, "cat f") == "one")
        }
    }

    @Test("owners, modes, times, links, devices, names and attributes survive")
    func metadata() async throws {
        try await StoreFixture.with { fixture in
            var layer = TarBuilder()
            layer.add("suid", .file, Array("x".utf8), mode: 0o4755, owner: 70_000, group: 80_000)
            layer.add("hard", .hardLink, link: "suid")
            layer.add("soft", .symbolicLink, link: "../../../etc/shadow")
            layer.add("null", .characterDevice, mode: 0o666)
            layer.add("pipe", .pipe)
            layer.add("größe", .file, Array("u".utf8), modified: 1_234_567_890)
            layer.add("pax", .file, pax: [("mtime", "1000000001.25"), ("SCHILY.xattr.user.note", "value")])
            let image = try await fixture.load([layer])
            let report = try await fixture.inside(
                image,
                "stat -c '%n %a %u %g %h' suid hard; readlink soft; stat -c '%F %t:%T' null; stat -c %F pipe; "
                    + "stat -c %Y größe; stat -c %.Y pax; stat -c '%a %u %g' ."
            )
            #expect(
                report.split(separator: "\n") == [
                    "suid 4755 70000 80000 2", "hard 4755 70000 80000 2", "../../../etc/shadow",
                    "character special file 1:3", "fifo", "1234567890", "1000000001.250000000", "755 0 0",
                ]
            )
        }
    }

    @Test("file capabilities and sparse files come through an import from a folder")
    func importFolder() async throws {
        try await StoreFixture.with { fixture in
            try await Shell.script(
                """
                mkdir -p root/bin; echo x > root/bin/ping; setcap cap_net_raw=ep root/bin/ping
                truncate -s 3M root/sparse; echo end >> root/sparse; chown 5:6 root/sparse
                """,
                in: fixture.folder
            )
            let changes = ImageConfiguration(
                environment: ["A=1"],
                entrypoint: ["/e"],
                command: ["c"],
                workingDirectory: "/w",
                user: "5"
            )
            let image = try await fixture.store.importRootFS(
                from: fixture.folder.appending("root"),
                as: ImageReference("imported"),
                changes: changes
            )
            #expect(image.configuration.environment == ["A=1"])
            #expect(image.configuration.entrypoint == ["/e"])
            #expect(image.configuration.architecture == Platform.host.architecture)
            #expect(image.created != nil)
            let report = try await fixture.inside(
                image,
                "getcap bin/ping; stat -c '%s %u %g' sparse; tail -c 4 sparse; cmp sparse \(fixture.folder)/root/sparse"
            )
            #expect(report == "bin/ping cap_net_raw=ep\n3145732 5 6\nend\n")
        }
    }

    @Test("an image without a name is imported, and found again in another form of its archive")
    func importNameless() async throws {
        try await StoreFixture.with { fixture in
            try await Shell.script("mkdir t; echo x > t/f; tar cf t.tar -C t .; gzip -k t.tar", in: fixture.folder)
            let created = Date(timeIntervalSince1970: 1)
            var ids: Set<Digest> = []
            for file in ["t.tar", "t.tar.gz", "t.tar"] {
                let source = fixture.folder.appending(file)
                ids.insert(try await fixture.store.importRootFS(from: source, as: nil, created: created).id)
            }
            #expect(ids.count == 1)
            #expect(try fixture.store.list().map(\.references) == [[]])
        }
    }

    @Test("a tar archive is imported, and the same one shares its layer")
    func importTar() async throws {
        try await StoreFixture.with { fixture in
            try await Shell.script("mkdir t; echo x > t/f; tar czf t.tar.gz -C t .", in: fixture.folder)
            let source = fixture.folder.appending("t.tar.gz")
            let one = try await fixture.store.importRootFS(from: source, as: ImageReference("one"))
            let two = try await fixture.store.importRootFS(
                from: source,
                as: ImageReference("two"),
                changes: ImageConfiguration(command: ["x"])
            )
            #expect(one.id != two.id)
            #expect(one.layers == two.layers)
            #expect(fixture.names("layers").count == 1)
        }
    }
}
