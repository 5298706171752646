import FoundationEssentials
import Images
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("Saving images", .enabled(if: StoreFixture.isPossible, StoreFixture.reason))
struct SaveTests {
    private func layer(_ name: String) -> TarBuilder {
        var layer = TarBuilder()
        layer.add(name, .file, Array(name.utf8))
        return layer
    }

    private func save(_ names: [String], _ format: ArchiveFormat, _ fixture: StoreFixture) async throws -> FilePath {
        let path = fixture.folder.appending("saved-\(UInt64.random(in: .min ... .max)).tar")
        let file = try OwnedFD.open(path, .writeOnly, options: [.create, .truncate])
        try await fixture.store.save(names, format: format, to: file.descriptor)
        return path
    }

    @Test("what is saved and loaded again is the same, digests and names included", arguments: ArchiveFormat.allCases)
    func roundTrip(format: ArchiveFormat) async throws {
        try await StoreFixture.with { fixture in
            let one = try await fixture.load([layer("base"), layer("one")], tag: "one:v1")
            let two = try await fixture.load([layer("base"), layer("two")], tag: "local/two:v2")
            let archive = try await save(["one:v1", "local/two:v2", "one:v1"], format, fixture)
            for image in [one, two] { try fixture.store.remove(image.id.description) }
            fixture.expectEmpty()
            let loaded = try await fixture.store.load(archive: archive)
            #expect(Set(loaded) == Set([one, two]))
        }
    }

    @Test("an image that is saved by its id has no name")
    func nameless() async throws {
        try await StoreFixture.with { fixture in
            let image = try await fixture.load([layer("f")], tag: "one:v1")
            let archive = try await save([image.id.description], .docker, fixture)
            try fixture.store.remove("one:v1")
            #expect(try await fixture.store.load(archive: archive).map(\.references) == [[]])
        }
    }

    @Test("equal images make equal archives")
    func reproducible() async throws {
        try await StoreFixture.with { fixture in
            _ = try await fixture.load([layer("f"), layer("g")], tag: "one:v1")
            let archives = [try await save(["one:v1"], .docker, fixture), try await save(["one:v1"], .docker, fixture)]
            try await Shell.run(["cmp"] + archives.map(\.string))
        }
    }

    @Test("an image that is not there is named")
    func missing() async throws {
        try await StoreFixture.with { fixture in
            await fixture.expectFailure(.notFound, "image \"nothing\" not found") {
                _ = try await save(["nothing"], .oci, fixture)
            }
        }
    }

    @Test(
        "skopeo reads what was saved",
        .enabled(if: Shell.has("skopeo"), "needs skopeo"),
        arguments: [
            ("docker-archive", ArchiveFormat.docker), ("oci-archive", .docker), ("oci-archive", .oci),
        ]
    )
    func skopeo(transport: String, format: ArchiveFormat) async throws {
        try await StoreFixture.with { fixture in
            let image = try await fixture.load([layer("a"), layer("b")], tag: "one:v1")
            let archive = try await save(["one:v1"], format, fixture)
            let copy = "skopeo copy -q \(transport):\(archive) dir:copy && cat copy/manifest.json"
            let manifest = try await Shell.script(copy, in: fixture.folder)
            for diffID in image.configuration.diffIDs { #expect(manifest.contains(diffID.hex)) }
            #expect(manifest.contains(image.id.hex))
        }
    }
}
