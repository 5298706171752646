import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

@Suite("disks' files")
struct DiskFilesTests {
    /// What is behind a descriptor, and whether it could be changed.
    private static func look(_ files: DiskFiles) throws -> [(bytes: [UInt8], isWritable: Bool)] {
        try files.descriptors.map { number in
            let file = FileDescriptor(rawValue: number)
            let size = Int(try file.seek(offset: 0, from: .end))
            let bytes = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = try file.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
            }
            return (bytes, (try? file.write(UnsafeRawBufferPointer(start: nil, count: 0))) != nil)
        }
    }

    @Test("of pieces there are a text that joins them by number, and the pieces; nothing can be written")
    func pieces() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("file")
            let content = [UInt8](repeating: 1, count: 1024)
            try AtomicFile.write(content, to: path)
            let extents: [DiskExtent] = [.bytes([UInt8](repeating: 2, count: 512)), .file(path, size: 1024)]
            let disk = DiskAttachment(id: "d", content: .composite(extents), serial: "d", readOnly: true)
            let files = try Self.look(try DiskFiles(disk, slot: 3))
            let lines = String(decoding: files[0].bytes, as: UTF8.self).split(separator: "\n").suffix(2)
            #expect(lines == ["RW 1 FLAT \"/dev/fdset/769\" 0", "RW 2 FLAT \"/dev/fdset/770\" 0"])
            #expect(files.count == 3)
            let isSame = files[1].bytes == [UInt8](repeating: 2, count: 512) && files[2].bytes == content
            #expect(isSame)
            #expect(!files.contains { $0.isWritable })
        }
    }

    @Test("a disk that can be written to has a file that can", arguments: [true, false])
    func access(readOnly: Bool) async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("file")
            try AtomicFile.write([UInt8](repeating: 1, count: 512), to: path)
            let disk = DiskAttachment(id: "d", path: path, serial: "d", readOnly: readOnly)
            #expect(try Self.look(DiskFiles(disk, slot: 0)).map(\.isWritable) == [!readOnly])
        }
    }

    @Test(
        "QEMU reads the text as one disk, one piece behind another, and nothing that lies behind a piece",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/qemu-img"), "needs qemu-utils"),
        arguments: [1, 2, 40, 130]
    )
    func text(count: Int) async throws {
        try await withTemporaryFolder { folder in
            let pieces = (0..<count).map { index in
                (0..<4096 * (1 + index % 3)).map { UInt8(truncatingIfNeeded: $0 &* (2 * index + 3)) }
            }
            let extents = try pieces.enumerated().map { index, bytes in
                let path = folder.appending("piece \(index)")
                try Data(bytes + [UInt8](repeating: 0xff, count: 512)).write(to: URL(filePath: path.string))
                return (path: path, size: Int64(bytes.count))
            }
            let (text, raw) = (folder.appending("text"), folder.appending("raw"))
            try Data(VMDKDescriptor.text(extents)).write(to: URL(filePath: text.string))
            let arguments = ["convert", "-f", "vmdk", "-O", "raw", text.string, raw.string]
            let child = try ChildProcess.spawn(SpawnPlan("/usr/bin/qemu-img", arguments))
            try #require(try await child.waitForExit(timeout: .seconds(30)) == .exited(0))
            let isSame = try Data(contentsOf: URL(filePath: raw.string)).elementsEqual(pieces.flatMap(\.self))
            #expect(isSame)
        }
    }
}
