import Linux
import OCI
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Images

@Suite("Disks that are fetched on demand")
struct LazyDiskTests {
    @Test("only what is read is fetched, and a second read fetches nothing")
    func onDemand() async throws {
        try await LazyFixture.with { fixture in
            let disk = try fixture.open()
            try await fixture.expect(disk, 300_000..<300_010)
            try await fixture.expect(disk, 300_000..<500_000)
            #expect(fixture.fetched == [262_144..<524_288])
            // In order, and then further ahead.
            try await fixture.expect(disk, 524_288..<524_289)
            #expect(fixture.fetched.last == 524_288..<1_048_576)
        }
    }

    @Test("reads across chunks and up to the short last one are right")
    func edges() async throws {
        try await LazyFixture.with { fixture in
            let disk = try fixture.open()
            for range in [0..<fixture.size, fixture.size - 1..<fixture.size, 262_143..<262_145, 0..<1] {
                try await fixture.expect(disk, range)
            }
        }
    }

    @Test("many who want one chunk at a time cause one request")
    func coalesced() async throws {
        try await LazyFixture.with { fixture in
            let disk = try fixture.open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { try await fixture.expect(disk, 1000..<2000) } }
                try await group.waitForAll()
            }
            #expect(fixture.fetched.count == 1)
        }
    }

    @Test("wrong bytes are shown to nobody and are asked for again")
    func wrongBytes() async throws {
        try await LazyFixture.with { fixture in
            let disk = try fixture.open()
            fixture.corrupt(true)
            let error = await #expect(throws: ImageError.self) { try await disk.read(0..<10) }
            #expect(error?.code == .digestMismatch)
            fixture.corrupt(false)
            try await fixture.expect(disk, 0..<10)
            #expect(fixture.fetched.count == 2)
        }
    }

    @Test("an answer that is too short is an error")
    func shortAnswer() async throws {
        try await LazyFixture.with { fixture in
            let disk = try fixture.open { _ in [1, 2, 3] }
            await #expect(throws: ImageError.self) { try await disk.read(0..<10) }
        }
    }

    @Test("the next process fetches what is missing or was damaged, and nothing else")
    func reopened() async throws {
        try await LazyFixture.with { fixture in
            try await fixture.expect(try fixture.open(), 0..<1)
            try await fixture.expect(try fixture.open(), 600_000..<600_001)
            let file = try OwnedFD.open(fixture.folder.disk, .writeOnly)
            _ = try file.descriptor.writeAll(toAbsoluteOffset: 600_000, [1, 2, 3])
            let disk = try fixture.open()
            try await fixture.expect(disk, 0..<1)
            try await fixture.expect(disk, 600_000..<600_003)
            #expect(fixture.fetched == [0..<262_144, 524_288..<786_432, 524_288..<786_432])
        }
    }

    @Test("a filled disk is marked as whole")
    func filled() async throws {
        try await LazyFixture.with { fixture in
            #expect(!fixture.folder.isWhole(fixture.size))
            try await fixture.open().fill()
            #expect(fixture.folder.isWhole(fixture.size))
            let isSame = try WholeFile.read(fixture.folder.disk, limit: 8 << 20) == fixture.bytes
            #expect(isSame)
        }
    }

    @Test("a fill that breaks off leaves no mark, and the next one goes on where it was")
    func brokenFill() async throws {
        try await LazyFixture.with { fixture in
            let disk = try fixture.open { range in
                guard range.lowerBound < 1_000_000 else { throw ImageError(.unreachable, "gone") }
                return Array(fixture.bytes[Int(range.lowerBound)..<Int(range.upperBound)])
            }
            await #expect(throws: ImageError.self) { try await disk.fill() }
            #expect(!fixture.folder.isWhole(fixture.size))
            try await fixture.open().fill()
            #expect(fixture.folder.isWhole(fixture.size))
            #expect(fixture.fetched.first?.lowerBound == 1_048_576)
        }
    }

    @Test("a table that is not the published one, or does not fit, is refused")
    func damagedTable() async throws {
        try await LazyFixture.with { fixture in
            let file = try OwnedFD.open(fixture.folder.chunks, .writeOnly)
            _ = try file.descriptor.writeAll(toAbsoluteOffset: 0, [0])
            #expect(throws: ImageError.self) { try fixture.open() }
            #expect(throws: ImageError.self) { try ChunkTable([UInt8](repeating: 0, count: 32), size: 262_145) }
        }
    }
}

/// A published disk, of which nothing is here yet.
final class LazyFixture: Sendable {
    let bytes: [UInt8]
    let folder: LazyFolder
    private let source: LazySource
    private let requests = Mutex<[Range<Int64>]>([])
    private let isCorrupt = Mutex(false)

    var size: Int64 { Int64(bytes.count) }
    var fetched: [Range<Int64>] { requests.withLock { $0 } }

    static func with(_ body: (LazyFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LazyFixture(folder)
            try await body(fixture)
        }
    }

    /// An EROFS superblock's magic and a pattern: five chunks, and a short one.
    private init(_ root: FilePath) async throws {
        var bytes = (0..<(5 * 262_144 + 8192)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
        bytes.replaceSubrange(1024..<1028, with: [0xE2, 0xE1, 0xF5, 0xE0])
        self.bytes = bytes
        folder = LazyFolder(path: root.appending("lazy"))
        let original = root.appending("original")
        let file = try File.create(original)
        _ = try file.descriptor.writeAll(bytes)
        let (digest, table) = try await Blocking.run { flag in try ChunkTable.make(of: original, flag) }
        source = LazySource(
            diffID: digest,
            disk: Descriptor(mediaType: nil, digest: digest, size: Int64(bytes.count)),
            chunks: Descriptor(of: table, mediaType: "table"),
            reference: "registry.test/team/app:v1"
        )
        try folder.create(table, size: Int64(bytes.count))
    }

    func corrupt(_ value: Bool) { isCorrupt.withLock { $0 = value } }

    /// Opens the disk as a new process would.
    func open(fetch: LazyDisk.Fetch? = nil) throws -> LazyDisk {
        try LazyDisk(folder, source, fetch: fetch ?? { [self] range in answer(range) })
    }

    func expect(_ disk: LazyDisk, _ range: Range<Int64>) async throws {
        let isSame = try await disk.read(range) == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
        #expect(isSame, "\(range)")
    }

    private func answer(_ range: Range<Int64>) -> [UInt8] {
        requests.withLock { $0.append(range) }
        var part = Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
        if isCorrupt.withLock({ $0 }) { part[7] ^= 1 }
        return part
    }
}
