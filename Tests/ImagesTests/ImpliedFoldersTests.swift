import Images
import OCI
import TestSupport
import Testing

@Suite("Folders that a layer only implies", .enabled(if: StoreFixture.isPossible, StoreFixture.reason))
struct ImpliedFoldersTests {
    private func base() -> TarBuilder {
        var layer = TarBuilder()
        layer.add("./", .folder, mode: 0o750)
        layer.add("tmp/", .folder, mode: 0o1777)
        layer.add("a/", .folder, mode: 0o700)
        layer.add("a/b/", .folder, mode: 0o711)
        layer.add("plain/", .folder, mode: 0o755)
        return layer
    }

    @Test("they are as the lower layers have them")
    func repaired() async throws {
        try await StoreFixture.with { fixture in
            var top = TarBuilder()
            for name in ["tmp/f", "a/b/f", "a/new/f", "plain/f"] { top.add(name, .file) }
            let image = try await fixture.load([base(), top])
            #expect(image.layers.count == 3)
            let modes = try await fixture.inside(
                image,
                "stat -c '%a %n' . tmp a a/b a/new plain; ls a/b tmp plain | wc -l"
            )
            #expect(modes == "750 .\n1777 tmp\n700 a\n711 a/b\n755 a/new\n755 plain\n8\n")
            try fixture.store.verify(image)
            #expect(try fixture.store.prune().deleted == [])
            #expect(try fixture.store.image("test") == image)
            #expect(try await fixture.load([base(), top]).layers == image.layers)
            try fixture.store.remove("test")
            fixture.expectEmpty()
        }
    }

    @Test("no disk is made where it would change nothing, or where the layer above says otherwise")
    func needless() async throws {
        try await StoreFixture.with { fixture in
            var (plain, top, last) = (TarBuilder(), TarBuilder(), TarBuilder())
            plain.add("plain/f", .file)
            plain.add("./", .folder, mode: 0o755)
            top.add("plain/g", .file)
            #expect(try await fixture.load([plain, top], tag: "one:1").layers.count == 2)
            top.add("tmp/f", .file)
            last.add("./", .folder, mode: 0o755)
            last.add("tmp/", .folder, mode: 0o1700)
            last.add("plain/", .folder, mode: 0o755)
            let image = try await fixture.load([base(), top, last], tag: "two:1")
            #expect(image.layers.count == 3)
            #expect(try await fixture.inside(image, "stat -c %a tmp") == "1700\n")
        }
    }

    @Test("what was deleted or hidden in between does not come back")
    func hidden() async throws {
        try await StoreFixture.with { fixture in
            var (between, top) = (TarBuilder(), TarBuilder())
            between.add("./", .folder, mode: 0o755)
            between.add(".wh.tmp", .file)
            between.add("a/", .folder, mode: 0o700)
            between.add("a/.wh..wh..opq", .file)
            top.add("tmp/f", .file)
            top.add("a/b/f", .file)
            let image = try await fixture.load([base(), between, top])
            #expect(
                try await fixture.inside(image, "stat -c %a tmp a a/b; ls tmp a/b")
                    == "755\n700\n755\na/b:\nf\n\ntmp:\nf\n"
            )
        }
    }
}
