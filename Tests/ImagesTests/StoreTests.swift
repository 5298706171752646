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
                "image \"\(name)\" not found (get it with \"apus pull\" or \"apus load\", list images with \"apus images\")"
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
            #expect(error?.message.contains("is damaged (remove the image and pull or load it again)") == true)
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

    @Test("what a killed loader had put in place is taken up by the next one, or pruned")
    func orphans() async throws {
        try await StoreFixture.with { fixture in
            let image = try await fixture.load([layer("f")])
            // Killed after blobs and disks were put in place and before the index was written.
            try await Shell.script("rm index.json", in: fixture.root)
            #expect(try fixture.store.list() == [])
            #expect(try await fixture.load([layer("f")]) == image)
            try await Shell.script("rm index.json", in: fixture.root)
            #expect(try fixture.store.usage().unreachable > 4096)
            #expect(try fixture.store.prune().bytes > 4096)
            fixture.expectEmpty()
        }
    }

    @Test("the store is an OCI layout that other tools read", .enabled(if: Shell.has("skopeo"), "needs skopeo"))
    func isLayout() async throws {
        try await StoreFixture.with { fixture in
            let image = try await fixture.load([layer("a"), layer("b")], tag: "web:v1")
            let name = try #require(image.references.first).canonical
            let text = try await Shell.run(["skopeo", "inspect", "oci:\(fixture.root):\(name)"])
            #expect(text.contains(image.manifest.digest.description))
        }
    }

    @Test("an image is found by name, id, a part of the id and its manifest's digest")
    func find() async throws {
        try await StoreFixture.with { fixture in
            let image = try await fixture.load([layer("f")], tag: "app:v1")
            let digest = image.manifest.digest
            let names = ["app:v1", image.id.description, String(image.id.hex.prefix(8)), "\(digest)", "app@\(digest)"]
            for name in names { #expect(try fixture.store.image(name) == image, "\(name)") }
            #expect(throws: ImageError.self) { try fixture.store.image("other@\(digest)") }
        }
    }

    @Test("a tag is a further name, which can move, and an image without names stays until it is pruned")
    func tag() async throws {
        try await StoreFixture.with { fixture in
            let one = try await fixture.load([layer("one")], tag: "one:latest")
            let two = try await fixture.load([layer("two")], tag: "two:latest")
            try fixture.store.tag("one", as: ImageReference("both"))
            #expect(try fixture.store.image("one").references.map(\.description) == ["both:latest", "one:latest"])
            try fixture.store.tag("two", as: ImageReference("both"))
            #expect(try fixture.store.image("both").id == two.id)
            try fixture.store.tag(two.id.description, as: ImageReference("one"))
            #expect(try fixture.store.image(one.id.description).references == [])
            #expect(try fixture.store.prune(keeping: { $0 == one.id }).deleted == [])
            #expect(try fixture.store.prune().deleted == [one.id])
            #expect(try fixture.store.list().map(\.id) == [two.id])
            let refusal = #expect(throws: ImageError.self) {
                try fixture.store.tag("two", as: ImageReference("x@\(two.manifest.digest)"))
            }
            #expect(refusal?.message.contains("pins a digest") == true)
        }
    }

    @Test("an image that is in use is not removed, whatever is asked for")
    func used() async throws {
        struct InUse: Error {}
        try await StoreFixture.with { fixture in
            let image = try await fixture.load([layer("f")], tag: "one:latest")
            try fixture.store.tag("one", as: ImageReference("two"))
            let remove = { (name: String, force: Bool) in
                try fixture.store.remove(name, force: force) { _ in throw InUse() }
            }
            #expect(try remove("one", false).image == nil)
            #expect(throws: InUse.self) { try remove("two", false) }
            #expect(throws: InUse.self) { try remove(image.id.description, true) }
            #expect(try fixture.store.prune(all: true, keeping: { _ in true }).deleted == [])
            try fixture.store.verify(fixture.store.image("two"))
            #expect(try fixture.store.prune(all: true).deleted == [image.id])
            fixture.expectEmpty()
        }
    }

    @Test("usage tells shared from own parts")
    func usage() async throws {
        try await StoreFixture.with { fixture in
            let one = try await fixture.load([layer("base"), layer("one")], tag: "one:latest")
            _ = try await fixture.load([layer("base")], tag: "base:latest")
            let usage = try fixture.store.usage()
            #expect(usage.images.count == 2)
            #expect(usage.images.allSatisfy { $0.shared > 0 && $0.unique > 0 })
            #expect(usage.unreachable == 0)
            let first = try #require(usage.images.first { $0.image.id == one.id })
            let others = usage.images.filter { $0.image.id != one.id }.reduce(0) { $0 + $1.unique }
            #expect(first.shared + first.unique + others == usage.blobs + usage.disks)
        }
    }

    @Test("a commit puts a layer on top and keeps what it does not understand")
    func commit() async throws {
        try await StoreFixture.with { fixture in
            _ = try await fixture.load([layer("below")], tag: "base:latest")
            var top = layer("above")
            top.add(".wh.below", .file)
            let bytes = top.finished
            var changes = ImageConfiguration(environment: ["A=1"], command: ["run"])
            (changes.labels, changes.exposedPorts, changes.stopSignal) = (["a": "b"], ["80/tcp"], "SIGINT")
            let note = CommitNote(
                changes: changes,
                author: "me",
                comment: "why",
                createdBy: "sh"
            )
            let image = try await fixture.store.commit(on: "base", as: ImageReference("new"), note: note) { sink in
                try await sink.write(bytes)
            }
            #expect(image.layers.count == 2)
            #expect(image.configuration.command == ["run"] && image.configuration.environment == ["A=1"])
            #expect(image.configuration.labels == ["a": "b"] && image.configuration.exposedPorts == ["80/tcp"])
            #expect(image.configuration.stopSignal == "SIGINT")
            #expect(try await fixture.inside(image, "ls") == "above\n")
            let history = try fixture.store.history(of: image)
            #expect(history.map(\.step.comment) == ["why", ""])
            #expect(history.first?.step.author == "me" && history.allSatisfy { $0.size > 0 })
            try fixture.store.remove("base")
            try fixture.store.verify(image)
        }
    }
}
