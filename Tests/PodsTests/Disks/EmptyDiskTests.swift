import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Pods

@Suite(
    "Empty disks",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/mkfs.ext4"), "needs mkfs.ext4 (e2fsprogs)")
)
struct EmptyDiskTests {
    @Test("a disk is a whole file system of its size that takes hardly any room, made once and copied then")
    func make() async throws {
        try await withTemporaryFolder { folder in
            let disk = EmptyDisk(size: 256 << 20, cache: folder.appending("cache"))
            let paths = ["a", "b", "c"].map { folder.appending($0) }
            for path in paths { try await disk.copy(to: path) }
            for path in paths {
                let check = try await Shell.run(["/usr/sbin/fsck.ext4", "-fn", path.string])
                #expect(check.contains("0.0% non-contiguous"))
                #expect(try FileManager.default.attributesOfItem(atPath: path.string)[.size] as? Int == 256 << 20)
                let room = try await Shell.run(["/usr/bin/du", "-k", path.string]).split(separator: "\t").first
                #expect(room.flatMap { Int($0) }.map { $0 < 2048 } == true)
            }
            _ = try await Shell.run(["cmp", paths[0].string, paths[1].string])
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk.cache.string).count == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string).count == 4)
        }
    }

    @Test("many that make the first one at once all get theirs")
    func concurrent() async throws {
        try await withTemporaryFolder { folder in
            let disk = EmptyDisk(size: 128 << 20, cache: folder.appending("cache"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 { group.addTask { try await disk.copy(to: folder.appending("\(number)")) } }
                try await group.waitForAll()
            }
            for number in 0..<8 {
                _ = try await Shell.run(["/usr/sbin/fsck.ext4", "-fn", folder.appending("\(number)").string])
            }
        }
    }

    @Test("a disk that cannot be made is one sentence with the program's words, and leaves nothing")
    func impossible() async throws {
        try await withTemporaryFolder { folder in
            let disk = EmptyDisk(size: 4096, cache: folder.appending("cache"))
            let error = await #expect(throws: PodsError.self) { try await disk.copy(to: folder.appending("a")) }
            #expect(error?.message.hasPrefix("cannot make an empty disk in \(disk.cache): ") == true)
            #expect(error?.message.contains("Not enough space") == true)
            let kept = try FileManager.default.contentsOfDirectory(atPath: disk.cache.string)
            #expect(kept == [])
            #expect(!FileManager.default.fileExists(atPath: folder.appending("a").string))
        }
    }

    @Test("what is copied is the same byte by byte, holes and ends included", arguments: [0, 1, 4096, 1_000_000])
    func copy(tail: Int) async throws {
        try await withTemporaryFolder { folder in
            let (source, target) = (folder.appending("a"), folder.appending("b"))
            try SparseCopy.makeHole(source, size: 10 << 20)
            let file = try FileDescriptor.open(source, .writeOnly)
            for place in [0, 1 << 20, (10 << 20) - Int64(tail)] as [Int64] {
                try file.writeAll(toAbsoluteOffset: place, (0..<tail).map { UInt8(truncatingIfNeeded: $0) })
            }
            try file.close()
            try SparseCopy.copy(source, to: target)
            #expect(FileManager.default.contentsEqual(atPath: source.string, andPath: target.string))
        }
    }
}
