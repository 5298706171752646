import FoundationEssentials
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Hypervisor

@Suite("files for QEMU")
struct HandedFilesTests {
    /// What is behind a descriptor, and whether it could be changed.
    private static func look(_ file: HandedFiles.File) throws -> (bytes: [UInt8], isWritable: Bool) {
        let file = FileDescriptor(rawValue: file.descriptor)
        let size = Int(try file.seek(offset: 0, from: .end))
        let bytes = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = try file.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
        }
        return (bytes, (try? file.write(UnsafeRawBufferPointer(start: nil, count: 0))) != nil)
    }

    @Test("of layers there are the layers, an empty file, and a text that joins them; nothing can be written")
    func layers() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("file")
            let content = [UInt8](repeating: 1, count: 1024)
            try AtomicFile.write(content, to: path)
            var slots = LayerSlots()
            let opened = try OpenLayers([LayerFile(path, size: 1024), LayerFile(path, size: 1024)], from: 3)
            let (layers, texts) = try opened.files(adding: slots.fill(opened.contents, from: 3), to: slots)
            #expect(layers.map(\.set) == [3, 4])
            #expect(layers.map(\.label) == opened.contents.map(\.label))
            #expect(texts.files.map(\.set) == [0, 513])
            let files = try (layers + texts.files).map(Self.look)
            #expect(!files.contains { $0.isWritable })
            #expect(files.prefix(3).map(\.bytes) == [content, content, []])
            let lines = String(decoding: files[3].bytes, as: UTF8.self).split(separator: "\n").suffix(4)
            #expect(
                lines == [
                    "RW 268437504 FLAT \"/dev/fdset/0\" 0", "RW 134217728 FLAT \"/dev/fdset/3\" 0",
                    "RW 134217728 FLAT \"/dev/fdset/4\" 0", "RW 33688649728 FLAT \"/dev/fdset/0\" 0",
                ]
            )
        }
    }

    @Test("only what is new is handed over, and zeros once")
    func further() async throws {
        try await withTemporaryFolder { folder in
            let paths = try (0..<2).map { index in
                let path = folder.appending("file\(index)")
                try AtomicFile.write([UInt8](repeating: 1, count: 512), to: path)
                return LayerFile(path, size: 512)
            }
            var slots = LayerSlots()
            _ = try slots.fill(OpenLayers([paths[0]], from: 1).contents, from: 1)
            _ = slots.show()
            let opened = try OpenLayers(paths, from: 1)
            let (layers, texts) = try opened.files(adding: slots.fill(opened.contents, from: 1), to: slots)
            #expect(layers.map(\.set) == [2])
            #expect(texts.files.map(\.set) == [514])
        }
    }

    @Test("a disk that can be written to has a file that can", arguments: [true, false])
    func access(readOnly: Bool) async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending("file")
            try AtomicFile.write([UInt8](repeating: 1, count: 512), to: path)
            let disk = DiskAttachment(id: "d", path: path, serial: "d", readOnly: readOnly)
            let files = try HandedFiles(disk, target: 1)
            #expect(files.files.map(\.set) == [257])
            #expect(try files.files.map(Self.look).map(\.isWritable) == [!readOnly])
            withExtendedLifetime(files) {}
        }
    }
}
