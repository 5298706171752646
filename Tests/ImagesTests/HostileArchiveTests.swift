import FoundationEssentials
import Images
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("Bad and hostile archives", .enabled(if: StoreFixture.isPossible, StoreFixture.reason))
struct HostileArchiveTests {
    /// A layer that has to be refused, and the words that say why.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let words: String
        let layer: TarBuilder

        init(_ name: String, _ words: String, _ fill: (inout TarBuilder) -> Void) {
            testDescription = name
            self.words = words
            var layer = TarBuilder()
            fill(&layer)
            self.layer = layer
        }
    }

    static let cases: [Case] = [
        Case("absolute name", "\"/etc/evil\" has an absolute name") { $0.add("/etc/evil", .file) },
        Case("parent name", "\"../evil\" climbs out") { $0.add("../evil", .file) },
        Case("hidden parent name", "\"a/./../../evil\" climbs out") { $0.add("a/./../../evil", .file) },
        Case("absolute name in a pax header", "\"/evil\" has an absolute name") {
            $0.add("good", .file, pax: [("path", "/evil")])
        },
        Case("parent name of a sparse file", "\"../evil\" climbs out") {
            $0.add("good", .file, pax: [("GNU.sparse.name", "../evil")])
        },
        Case("link, then write through it", "\"a/evil\" goes through a symbolic link") {
            $0.add("a", .symbolicLink, link: "/tmp")
            $0.add("a/evil", .file)
        },
        Case("link, then a folder in its place", "\"a/evil\" goes through a symbolic link") {
            $0.add("./a", .symbolicLink, link: "/tmp")
            $0.add("a/", .folder)
            $0.add("a/evil", .file)
        },
        Case("hard link to the host", "\"x\" has an absolute name") { $0.add("x", .hardLink, link: "/etc/passwd") },
        Case("hard link upwards", "\"x\" climbs out") { $0.add("x", .hardLink, link: "../../etc/passwd") },
        Case("hard link through a link", "\"x\" goes through a symbolic link") {
            $0.add("a", .symbolicLink, link: "/etc")
            $0.add("x", .hardLink, link: "a/passwd")
        },
        Case("whiteout outside", "\"../.wh.x\" climbs out") { $0.add("../.wh.x", .file) },
        Case("path too long", "is empty or too long") {
            $0.add("x", .file, pax: [("path", String(repeating: "a/", count: 2048))])
        },
        Case("name too long", "has a part over 255 bytes") {
            $0.add("x", .file, pax: [("path", String(repeating: "a", count: 256))])
        },
        Case("zero byte", "contains a zero byte") { $0.add("x", .file, pax: [("path", "a\u{0}b")]) },
        Case("empty name", "is empty or too long") { $0.add("", .file) },
        Case("terminal escape", "\"/?[31mred\" has an absolute name") { $0.add("/\u{1B}[31mred", .file) },
        Case("sparse bomb", "is larger than") { $0.add("x", .file, pax: [("GNU.sparse.realsize", "\(1 << 50)")]) },
        Case("many sparse files", "is larger than") { layer in
            for name in ["a", "b", "c"] { layer.add(name, .file, pax: [("GNU.sparse.realsize", "\(6 << 30)")]) }
        },
    ]

    @Test("a layer that reaches outside or is a bomb is refused with the entry named", arguments: cases)
    func refusesLayer(_ hostile: Case) async throws {
        try await StoreFixture.with { fixture in
            await fixture.expectFailure(.refused, hostile.words) { _ = try await fixture.load([hostile.layer]) }
        }
    }

    @Test("limits hold for entries and bytes")
    func limits() async throws {
        var limits = Limits()
        limits.entries = 10
        limits.layerBytes = 100_000
        try await StoreFixture.with(limits: limits) { fixture in
            var many = TarBuilder()
            for number in 0..<11 { many.add("\(number)", .file) }
            await fixture.expectFailure(.refused, "more than 10 entries") { _ = try await fixture.load([many]) }
            try await Shell.script(
                "head -c 1000000 /dev/zero > zeros; tar cf z.tar zeros; gzip z.tar",
                in: fixture.folder
            )
            await fixture.expectFailure(.refused, "larger than the limit when uncompressed") {
                _ = try await fixture.store.importRootFS(
                    from: fixture.folder.appending("z.tar.gz"),
                    as: ImageReference("z")
                )
            }
        }
    }

    @Test("a layer with an entry of a type that layers do not have is refused")
    func typeOutsideLayers() async throws {
        try await StoreFixture.with { fixture in
            var layer = TarBuilder()
            layer.add("x", .unknown)
            await fixture.expectFailure(.unsupported, "of a type") { _ = try await fixture.load([layer]) }
        }
    }

    @Test("a layer that is not what the configuration says is refused")
    func wrongDiffID() async throws {
        try await StoreFixture.with { fixture in
            var layer = TarBuilder()
            layer.add("f", .file)
            let archive = try await ImageFixtures.dockerArchive(
                in: fixture.folder,
                file: "a.tar",
                layers: [layer.finished],
                tags: ["a:1"],
                diffIDs: [String(repeating: "0", count: 64)]
            )
            await fixture.expectFailure(.digestMismatch, "not what the digest says") {
                _ = try await fixture.store.load(archive: archive)
            }
        }
    }

    @Test("a corrupted byte in a blob is found")
    func corruptedBlob() async throws {
        try await StoreFixture.with { fixture in
            var layout = OCIFixture(fixture.folder)
            layout.corrupt = { $0[$0.count / 2] ^= 1 }
            let path = try await layout.write()
            await fixture.expectFailure(.digestMismatch, "not what the digest says") {
                _ = try await fixture.store.load(archive: path)
            }
        }
    }

    @Test("a blob of another size than the manifest says is found")
    func wrongSize() async throws {
        try await StoreFixture.with { fixture in
            var layout = OCIFixture(fixture.folder)
            layout.extraSize = 1
            let path = try await layout.write()
            await fixture.expectFailure(.digestMismatch, "bytes instead of") {
                _ = try await fixture.store.load(archive: path)
            }
        }
    }

    @Test("a missing blob is named")
    func missingBlob() async throws {
        try await StoreFixture.with { fixture in
            let path = try await OCIFixture(fixture.folder).write()
            try await Shell.script("rm $(grep -l layers blobs/sha256/*)", in: path)
            await fixture.expectFailure(.badArchive, "is missing") { _ = try await fixture.store.load(archive: path) }
        }
    }

    @Test("a truncated archive is refused, wherever it ends", arguments: [100, 700, 2000, 3000, 5000])
    func truncated(length: Int) async throws {
        try await StoreFixture.with { fixture in
            var layer = TarBuilder()
            layer.add("f", .file, [UInt8](repeating: 1, count: 3000))
            let archive = try await ImageFixtures.dockerArchive(
                in: fixture.folder,
                file: "a.tar",
                layers: [layer.finished],
                tags: ["a:1"]
            )
            try await Shell.run(["truncate", "-s", "\(length)", archive.string])
            await fixture.expectFailure(.badArchive, "") { _ = try await fixture.store.load(archive: archive) }
        }
    }

    @Test(
        "what is no image archive is refused in one sentence",
        arguments: [
            ("head -c 5000 /dev/urandom", "is not a tar archive"), ("true", "holds no image"),
            ("tar c -C /etc passwd", "holds no image"), ("printf BZh9xxxx", "compressed with bzip2"),
            ("(printf '\\037\\213'; head -c 99 /dev/urandom)", "cannot decompress"),
            ("(tar c -C /etc passwd | gzip | head -c 200)", "cannot decompress"),
        ]
    )
    func garbage(command: String, words: String) async throws {
        try await StoreFixture.with { fixture in
            try await Shell.script("\(command) > garbage", in: fixture.folder)
            let path = fixture.folder.appending("garbage")
            let error = await #expect(throws: ImageError.self) { try await fixture.store.load(archive: path) }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            fixture.expectEmpty()
        }
    }

    @Test("an archive that does not exist, or is a device, is refused", arguments: ["/nowhere", "/dev/zero"])
    func noFile(path: String) async throws {
        try await StoreFixture.with { fixture in
            await fixture.expectFailure(.badArchive, path) {
                _ = try await fixture.store.load(archive: FilePath(path))
            }
        }
    }

    @Test("a missing program is named with its package")
    func missingTool() async throws {
        try await StoreFixture.with { fixture in
            let store = try ImageStore(root: fixture.root, searchPath: [fixture.folder])
            let path = try await OCIFixture(fixture.folder).write()
            await fixture.expectFailure(.missingTool, "gzip is not installed (apt install gzip)") {
                _ = try await store.load(archive: path)
            }
        }
    }

    @Test("a full disk is reported as such")
    func fullDisk() async throws {
        try await withTemporaryFolder { folder in
            try await Shell.script("mkdir small; mount -t tmpfs -o size=1m tmpfs small", in: folder)
            do {
                let fixture = try StoreFixture(folder.appending("small"))
                try await Shell.script("head -c 800000 /dev/urandom > data; tar cf data.tar data", in: folder)
                await fixture.expectFailure(.noSpace, "no space left") {
                    _ = try await fixture.store.importRootFS(
                        from: folder.appending("data.tar"),
                        as: ImageReference("data")
                    )
                }
            } catch {
                Issue.record(error)
            }
            try await Shell.run(["umount", "small"], in: folder)
        }
    }
}
