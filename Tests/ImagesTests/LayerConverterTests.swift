import FoundationEssentials
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Images

@Suite("Converting layers", .enabled(if: Shell.has("gzip", "zstd"), "needs gzip and zstd"))
struct LayerConverterTests {
    private static let small = TarArchive { $0.add("f", "0", [UInt8](repeating: 1, count: 3000)) }.finished

    @Test("a layer's digests, sizes and folders are reported", arguments: LayerFixture.Packing.allCases)
    func report(packing: LayerFixture.Packing) async throws {
        try await LayerFixture.with { fixture in
            let archive = TarArchive {
                $0.add("a/b/f")
                $0.add("a", "5")
                $0.add(".wh..wh..opq")
            }
            let bytes = archive.finished + Array("and more".utf8)
            let layer = try await fixture.convert(bytes, packing, diffID: Digest(hashing: bytes))
            #expect(layer.diffID == Digest(hashing: bytes))
            #expect(layer.uncompressedSize == Int64(bytes.count))
            #expect(layer.diskSize == (try fixture.disk.stat().size))
            #expect(layer.implicitFolders == [[], Array("a/b".utf8)])
            #expect(layer.entries == 5)
            #expect(layer.hidesLowerLayers)
        }
    }

    @Test("equal layers make equal disks, however they are packed")
    func reproducible() async throws {
        try await LayerFixture.with { fixture in
            var disks: Set<Data> = []
            for packing in LayerFixture.Packing.allCases {
                _ = try await fixture.convert(Self.small, packing, diffID: Digest(hashing: Self.small))
                disks.insert(try Data(contentsOf: URL(filePath: fixture.disk.string)))
                try await Shell.run(["rm", fixture.disk.string])
            }
            #expect(disks.count == 1)
        }
    }

    @Test("streams that follow each other are one layer", arguments: [LayerFixture.Packing.gzip, .zstd])
    func concatenated(packing: LayerFixture.Packing) async throws {
        try await LayerFixture.with { fixture in
            try fixture.write(Array(Self.small.prefix(700)), "a")
            try fixture.write(Array(Self.small.dropFirst(700)), "b")
            try await Shell.script("(\(packing.rawValue) a; \(packing.rawValue) b) > c", in: fixture.folder)
            let layer = try await fixture.converter.convert(fixture.region("c"), diffID: nil, to: fixture.disk)
            #expect(layer.diffID == Digest(hashing: Self.small))
        }
    }

    @Test(
        "a damaged stream is refused in the decompressor's words",
        arguments: [LayerFixture.Packing.gzip, .zstd],
        ["head -c -9 whole", "cat whole; printf garbage", "head -c 20 whole"]
    )
    func damagedStream(packing: LayerFixture.Packing, command: String) async throws {
        try await LayerFixture.with { fixture in
            try fixture.write(Self.small, "plain")
            try await Shell.script("\(packing.rawValue) plain > whole; (\(command)) > damaged", in: fixture.folder)
            await fixture.expectFailure(.badArchive, "cannot decompress") {
                _ = try await fixture.converter.convert(fixture.region("damaged"), diffID: nil, to: fixture.disk)
            }
        }
    }

    @Test("gzip reads what pigz is not there for, and both refuse garbage at the end")
    func withoutPigz() async throws {
        try await LayerFixture.with { fixture in
            try await Shell.script("mkdir bin; ln -s $(command -v gzip) bin/gzip", in: fixture.folder)
            let converter = LayerConverter(
                tools: Toolbox(searchPath: [fixture.folder.appending("bin")]),
                limits: fixture.limits
            )
            let blob = try await fixture.blob(Self.small, .gzip)
            let layer = try await converter.convert(blob, diffID: nil, to: fixture.disk)
            #expect(layer.diffID == Digest(hashing: Self.small))
            try await Shell.run(["rm", fixture.disk.string])
            let longer = FileRegion(path: blob.path, offset: blob.offset, length: blob.length + 4)
            await fixture.expectFailure(.badArchive, "trailing garbage") {
                _ = try await converter.convert(longer, diffID: nil, to: fixture.disk)
            }
        }
    }

    @Test("a layer that is not what was promised is refused", arguments: LayerFixture.Packing.allCases)
    func wrongDigest(packing: LayerFixture.Packing) async throws {
        try await LayerFixture.with { fixture in
            await fixture.expectFailure(.digestMismatch, "not what the digest says") {
                _ = try await fixture.convert(Self.small, packing, diffID: Digest(hashing: [1]))
            }
            // Bytes after the archive's end are covered too.
            await fixture.expectFailure(.digestMismatch, "not what the digest says") {
                _ = try await fixture.convert(Self.small + [1], packing, diffID: Digest(hashing: Self.small))
            }
        }
    }

    @Test(
        "limits hold for entries, bytes and names, also after the archive's end",
        arguments: LayerFixture.Packing.allCases
    )
    func limits(packing: LayerFixture.Packing) async throws {
        try await LayerFixture.with { fixture in
            var fixture = fixture
            fixture.limits.entries = 10
            fixture.limits.layerBytes = 100_000
            fixture.limits.metadataBytes = 1000
            let cases: [(String, [UInt8])] = [
                (
                    "more than 10 entries, at \"10\"",
                    TarArchive { layer in (0...10).forEach { layer.add("\($0)") } }.finished
                ),
                ("larger than 100000 bytes when uncompressed", Self.small + [UInt8](repeating: 0, count: 1 << 20)),
                (
                    "larger than 100000 bytes when unpacked, at \"f\"",
                    TarArchive { $0.add("f", claimed: 100_001) }.finished
                ),
                (
                    "more than 1000 bytes of names and attributes, at \"f\"",
                    TarArchive { $0.add("f", pax: ["SCHILY.xattr.user.a": String(repeating: "a", count: 999)]) }
                        .finished
                ),
            ]
            for (words, bytes) in cases {
                await fixture.expectFailure(.refused, words) { _ = try await fixture.convert(bytes, packing) }
            }
        }
    }

    @Test("a producer's bytes are converted and kept, and its failure counts")
    func producer() async throws {
        try await LayerFixture.with { fixture in
            let copy = fixture.folder.appending("copy")
            let layer = try await fixture.converter.convert(to: fixture.disk, name: "x", copy: copy) { pipe in
                _ = try pipe.writeAll(Self.small)
            }
            #expect(layer.diffID == Digest(hashing: Self.small))
            #expect([UInt8](try Data(contentsOf: URL(filePath: copy.string))) == Self.small)
            try await Shell.run(["rm", fixture.disk.string, copy.string])
            await fixture.expectFailure(.unsupported, "the producer says no") {
                _ = try await fixture.converter.convert(to: fixture.disk, name: "x", copy: copy) { pipe in
                    _ = try pipe.writeAll(Self.small.prefix(700))
                    throw ImageError(.unsupported, "the producer says no")
                }
            }
            #expect(!FileManager.default.fileExists(atPath: copy.string))
        }
    }

    @Test("a file that is there already is neither overwritten nor removed")
    func existingDisk() async throws {
        try await LayerFixture.with { fixture in
            try fixture.write([1, 2, 3], "disk")
            await #expect(throws: ImageError.self) { try await fixture.convert(Self.small) }
            #expect([UInt8](try Data(contentsOf: URL(filePath: fixture.disk.string))) == [1, 2, 3])
        }
    }

    @Test("a cancelled conversion ends though its decompressor waits for more", .timeLimit(.minutes(1)))
    func cancelledWhileWaiting() async throws {
        try await LayerFixture.with { fixture in
            let (started, continuation) = AsyncStream.makeStream(of: Void.self)
            let converter = fixture.converter
            let disk = fixture.disk
            let pipe = try FileDescriptor.pipe(options: .closeOnExec)
            let error = await withTaskGroup(of: (any Error)?.self) { group in
                group.addTask {
                    do {
                        _ = try await converter.convert(to: disk, name: "x") { output in
                            continuation.yield()
                            try await converter.tools.run(
                                .zstd,
                                ["-dcq"],
                                purpose: "wait",
                                from: pipe.readEnd,
                                to: output
                            )
                        }
                        return nil
                    } catch {
                        return error
                    }
                }
                for await _ in started { break }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(error is CancellationError)
            fixture.expectNothing()
            try pipe.readEnd.close()
            try pipe.writeEnd.close()
        }
    }

    @Test("a conversion that is cancelled at any moment leaves a whole disk or none", .timeLimit(.minutes(2)))
    func cancelledAnyTime() async throws {
        try await LayerFixture.with { fixture in
            let archive = TarArchive { layer in
                for number in 0..<40 { layer.add("\(number)", "0", [UInt8](repeating: UInt8(number), count: 100_000)) }
            }
            let blob = try await fixture.blob(archive.finished, .gzip)
            let converter = fixture.converter
            for round in 0..<12 {
                let disk = fixture.folder.appending("disk-\(round)")
                let finished = await withTaskGroup(of: Bool.self) { group in
                    group.addTask { (try? await converter.convert(blob, diffID: nil, to: disk)) != nil }
                    for _ in 0..<(round * 300) { await Task.yield() }
                    group.cancelAll()
                    return await group.next()
                }
                #expect(FileManager.default.fileExists(atPath: disk.string) == finished)
            }
        }
    }
}
