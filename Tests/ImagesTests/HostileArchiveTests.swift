import FoundationEssentials
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Images

@Suite("Bad and hostile archives", .enabled(if: StoreFixture.isPossible, StoreFixture.reason))
struct HostileArchiveTests {
    @Test("a hostile layer is refused with the entry named, or made harmless", arguments: LayerCase.all)
    func tree(_ hostile: LayerCase) throws {
        switch hostile.outcome {
        case .made(let lines):
            let found = try LayerListing.lines(of: hostile.archive)
            // A difference of thousands of lines takes the test library minutes.
            let isRight = found == lines.sorted()
            #expect(isRight, "\(found.prefix(20))")
        case .refused(let code, let words):
            let error = #expect(throws: ImageError.self) { try LayerListing.lines(of: hostile.archive) }
            #expect(error?.code == code, "\(error?.message ?? "")")
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }

    @Test(
        "a hostile layer leaves no disk, a harmless one does, however they are packed",
        arguments: LayerCase.all,
        LayerFixture.Packing.allCases
    )
    func disk(_ hostile: LayerCase, _ packing: LayerFixture.Packing) async throws {
        try await LayerFixture.with { fixture in
            switch hostile.outcome {
            case .made:
                let layer = try await fixture.convert(hostile.archive, packing)
                #expect(RootDisk.isIntact(fixture.disk, size: layer.diskSize))
            case .refused(let code, let words):
                await fixture.expectFailure(code, words) { _ = try await fixture.convert(hostile.archive, packing) }
            }
        }
    }

    @Test("the corpus has no two cases of one name")
    func corpus() {
        #expect(LayerCase.all.count >= 40)
        #expect(Set(LayerCase.all.map(\.testDescription)).count == LayerCase.all.count)
    }

    @Test(
        "a refused layer leaves nothing in the store",
        arguments: LayerCase.names.prefix(3) + LayerCase.bombs.prefix(2)
    )
    func store(_ hostile: LayerCase) async throws {
        guard case .refused(let code, let words) = hostile.outcome else { return }
        try await StoreFixture.with { fixture in
            await fixture.expectFailure(code, words) {
                let archive = try await ImageFixtures.dockerArchive(
                    in: fixture.folder,
                    file: "a.tar",
                    layers: [hostile.archive],
                    tags: ["a:1"]
                )
                _ = try await fixture.store.load(archive: archive)
            }
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
            await fixture.expectFailure(.refused, "larger than 100000 bytes when un") {
                _ = try await fixture.store.importRootFS(
                    from: fixture.folder.appending("z.tar.gz"),
                    as: ImageReference("z")
                )
            }
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
                try await Shell.script("head -c 2000000 /dev/urandom > data; tar cf data.tar data", in: folder)
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
