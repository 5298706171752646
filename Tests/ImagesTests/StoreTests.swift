import FoundationEssentials
import Images
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("The image store", .enabled(if: StoreFixture.isPossible, StoreFixture.reason))
struct StoreTests {
    private func layer(_ name: String) -> TarBuilder {
        var layer = TarBuilder()
        layer.add(name, .file, Array(name.utf8))
        return layer
    }

    @Test("removing an image keeps the layers that another one has")
    func removeShared() async throws {
        try await StoreFixture.with { fixture in
            let one = try await fixture.load([layer("base"), layer("one")], tag: "one:latest")
            let two = try await fixture.load([layer("base"), layer("two")], tag: "two:latest")
            #expect(fixture.names("layers").count == 3)
            try fixture.store.remove("one")
            #expect(fixture.names("layers") == two.layers.map(\.diffID.hex).sorted())
            #expect(throws: ImageError.self) { try fixture.store.image(one.id.description) }
            try fixture.store.verify(two)
            try fixture.store.remove(String(two.id.hex.prefix(12)))
            fixture.expectEmpty()
            #expect(try fixture.store.list() == [])
        }
    }

    @Test("an image goes with its last name")
    func untag() async throws {
        try await StoreFixture.with { fixture in
            let image = try await fixture.load([layer("f")], tag: "one:latest")
            _ = try await fixture.load([layer("f")], tag: "two:latest")
            let error = #expect(throws: ImageError.self) { try fixture.store.remove(image.id.description) }
            #expect(error?.code == .ambiguous)
            #expect(error?.message.contains("one:latest, two:latest") == true)
            try fixture.store.remove("one")
            #expect(try fixture.store.image("two").references.map(\.description) == ["two:latest"])
            try fixture.store.remove("two")
            fixture.expectEmpty()
        }
    }

    @Test(
        "an unknown image is named together with the remedy",
        arguments: ["nothing", "abc123", "sha256:ff", "../x", ""]
    )
    func notFound(name: String) async throws {
        try await StoreFixture.with { fixture in
            let expected =
                "image \"\(name)\" not found (load it with \"apus load\", list images with \"apus images\")"
            for work in [{ _ = try fixture.store.image(name) }, { try fixture.store.remove(name) }] {
                let error = #expect(throws: ImageError.self) { try work() }
                #expect(error?.message == expected)
            }
            fixture.expectEmpty()
        }
    }

    @Test("the beginning of an id that fits two images is refused")
    func ambiguous() async throws {
        try await StoreFixture.with { fixture in
            var firsts: Set<Character> = []
            try await Shell.run(["mkdir", "root"], in: fixture.folder)
            let source = fixture.folder.appending("root")
            // Of 17 ids two share their first digit.
            for number in 0..<17 {
                let other = try await fixture.store.importRootFS(
                    from: source,
                    as: ImageReference("x\(number)"),
                    changes: ImageConfiguration(user: "\(number)")
                )
                guard let first = other.id.hex.first, !firsts.insert(first).inserted else { continue }
                let error = #expect(throws: ImageError.self) { try fixture.store.image(String(first)) }
                #expect(error?.code == .ambiguous)
                return
            }
            Issue.record("17 ids without a common first digit")
        }
    }

    @Test(
        "a damaged disk is noticed, and loading the image again repairs it",
        arguments: ["truncate -s 100", "truncate -s 0", "rm", "dd if=/dev/zero bs=4096 count=1 conv=notrunc of="]
    )
    func damaged(command: String) async throws {
        try await StoreFixture.with { fixture in
            let image = try await fixture.load([layer(String(repeating: "f", count: 99))])
            let disk = try #require(image.layers.first?.disk)
            try await Shell.script(command + (command.hasSuffix("=") ? "" : " ") + disk.string)
            let error = #expect(throws: ImageError.self) { try fixture.store.verify(image) }
            #expect(error?.code == .damaged)
            #expect(error?.message.contains("image \"test:latest\": layer") == true)
            #expect(error?.message.contains("is damaged (remove the image and load it again)") == true)
            let again = try await fixture.load([layer(String(repeating: "f", count: 99))])
            try fixture.store.verify(again)
            #expect(again.layers == image.layers)
        }
    }

    @Test("what killed processes left in staging is swept, what living ones have is not")
    func sweep() async throws {
        try await StoreFixture.with { fixture in
            let dead = fixture.root.appending("staging/dead/tree/x")
            let living = fixture.root.appending("staging/living")
            try await Shell.run(["mkdir", "-p", dead.string, living.string])
            let lock = try FileLock.acquire(living.appending("lock"))
            _ = try await fixture.load([layer("f")])
            #expect(fixture.names("staging") == ["living"])
            withExtendedLifetime(lock) {}
        }
    }

    @Test("a store whose loader is killed at any moment stays whole", .timeLimit(.minutes(2)))
    func orphanLayer() async throws {
        try await StoreFixture.with { fixture in
            let image = try await fixture.load([layer("f")])
            // Killed after the layers were put in place and before the image was written.
            try await Shell.script("rm images/*.json references.json", in: fixture.root)
            #expect(try fixture.store.list() == [])
            let again = try await fixture.load([layer("f")])
            #expect(again == image)
            _ = try await fixture.load([layer("g")], tag: "g:latest")
            // Killed after the name was taken away and before the image was.
            try Data(#"{"references":{}}"#.utf8).write(to: URL(filePath: "\(fixture.root)/references.json"))
            #expect(try fixture.store.image(image.id.description).references == [])
            for left in try fixture.store.list() { try fixture.store.remove(left.id.description) }
            fixture.expectEmpty()
        }
    }
}
