import Foundation
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Images

@Suite("Composite disks")
struct CompositeDiskTests {
    private static let digest = Digest(hashing: [1])

    private static func layer(_ path: String = "/disk", size: Int64 = 4096) -> Layer {
        Layer(diffID: digest, disk: FilePath(path), size: size)
    }

    private static let hasTool = Shell.has("sfdisk")
    private static let reason: Comment = "needs fdisk"

    @Test(
        "others find each layer as a partition, byte by byte",
        .enabled(if: hasTool, reason),
        arguments: [1, 2, 40, 128]
    )
    func readBack(count: Int) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try CompositeFixture(count, in: folder)
            let raw = try fixture.write()
            #expect(try await Shell.run(["sfdisk", "--verify", raw.string]).contains("No errors detected"))
            let bytes = try Data(contentsOf: URL(filePath: raw.string))
            let partitions = try await SFDisk.partitions(of: raw)
            #expect(partitions.map(\.name) == (0..<count).map { "layer\($0)" })
            #expect(partitions.allSatisfy { $0.start % 8 == 0 })
            for (index, partition) in partitions.enumerated() {
                let content = bytes.dropFirst(partition.start * 512).prefix(partition.size * 512)
                let isSame = content.elementsEqual(CompositeFixture.content(index))
                #expect(isSame, "partition \(index + 1)")
            }
        }
    }

    @Test("the second copy of the table is as good as the first", .enabled(if: hasTool, reason))
    func secondCopy() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try CompositeFixture(3, in: folder)
            let raw = try fixture.write()
            let before = try await SFDisk.partitions(of: raw)
            try await Shell.run(["dd", "if=/dev/zero", "of=\(raw)", "bs=512", "seek=1", "count=33", "conv=notrunc"])
            #expect(try await SFDisk.partitions(of: raw) == before)
        }
    }

    @Test("a layer beyond 4 GiB is where the table says", .enabled(if: hasTool, reason))
    func large() async throws {
        try await withTemporaryFolder { folder in
            let last = try CompositeFixture(1, in: folder).layers[0]
            let disk = try CompositeDisk([Layer(diffID: Self.digest, disk: "/large", size: 5 << 30), last], of: "test")
            #expect(disk.size == (5 << 30) + 40960 + last.size)
            let raw = folder.appending("raw")
            try Data(disk.head).write(to: URL(filePath: raw.string))
            try await Shell.run(["truncate", "--size=\(disk.size - Int64(disk.tail.count))", raw.string])
            let file = try FileHandle(forWritingTo: URL(filePath: raw.string))
            try file.seekToEnd()
            try file.write(contentsOf: disk.tail)
            try file.close()
            #expect(try await Shell.run(["sfdisk", "--verify", raw.string]).contains("No errors detected"))
            let partitions = try await SFDisk.partitions(of: raw)
            #expect(partitions.map(\.start) == [40, 40 + (5 << 21)])
        }
    }

    @Test("the same layers make the same disk, other layers another one")
    func deterministic() throws {
        let one = try CompositeDisk([Self.layer("/a")], of: "a")
        let same = try CompositeDisk([Self.layer("/b")], of: "b")
        let isSame = one.head == same.head && one.tail == same.tail
        #expect(isSame)
        let other = Layer(diffID: Digest(hashing: [2]), disk: "/a", size: 4096)
        let differs = try CompositeDisk([other], of: "a").head != one.head
        #expect(differs)
    }

    @Test("no partition has another's identity, and each says which standard it follows")
    func identities() throws {
        let layers = (0..<128).map { Layer(diffID: Digest(hashing: [UInt8($0)]), disk: "/d", size: 4096) }
        let head = try CompositeDisk(layers, of: "a").head
        let guids = (0..<128).map { Array(head[(1024 + $0 * 128 + 16)..<(1024 + $0 * 128 + 32)]) }
        #expect(Set(guids).count == 128)
        // RFC 9562: version 8 in the third group, which lies in little-endian order, and the variant 10x in the fourth.
        #expect(guids.allSatisfy { $0[7] >> 4 == 8 && $0[8] >> 6 == 2 })
        #expect(!guids.contains(Array(head[568..<584])), "the disk's own")
    }

    @Test("CRC-32 is the one with the check value that catalogues give")
    func checksum() {
        #expect(CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.of([]) == 0)
    }

    @Test("no layers, and more than a table holds, are refused by the image's name", arguments: [0, 129])
    func count(count: Int) {
        let error = #expect(throws: ImageError.self) {
            try CompositeDisk(Array(repeating: Self.layer(), count: count), of: "web")
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("image \"web\" has \(count) layers") == true)
    }

    @Test(
        "a layer that the store has lost, or that is no whole disk, is refused",
        arguments: [0, -4096, 4095, 1 << 60]
    )
    func damaged(size: Int64) {
        let error = #expect(throws: ImageError.self) { try CompositeDisk([Self.layer(size: size)], of: "web") }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(Self.digest.description) == true)
    }
}
