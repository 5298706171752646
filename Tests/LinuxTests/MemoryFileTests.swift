import Linux
import SystemPackage
import Testing

@Suite("Files in memory")
struct MemoryFileTests {
    @Test("a file in memory is read from its start to its end", arguments: [0, 1, 300_000])
    func reads(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let file = try MemoryFile.make(bytes)
        let same = try WholeFile.read(FilePath("/proc/self/fd/\(file.rawValue)"), limit: count) == bytes
        #expect(same)
        #expect(try file.descriptor.seek(offset: 0, from: .current) == 0)
    }

    @Test("a sealed file keeps its content and size, and is read from its start however often it is opened")
    func seals() throws {
        let file = try MemoryFile.make(size: 8192)
        #expect(try FileStatus(MemoryFile.path(of: file)).allocated == 0)
        try file.descriptor.writeAll(toAbsoluteOffset: 4096, [1, 2, 3])
        var isSealed = MemoryFile.isSealed(file)
        #expect(!isSealed)
        try MemoryFile.seal(file)
        isSealed = MemoryFile.isSealed(file)
        #expect(isSealed)
        #expect(throws: Errno.notPermitted) { try file.descriptor.writeAll(toAbsoluteOffset: 0, [1]) }
        #expect(throws: Errno.notPermitted) { try file.descriptor.resize(to: 0) }
        for _ in 0..<2 {
            let again = try MemoryFile.reopened(file)
            var bytes = [UInt8](repeating: 9, count: 8192)
            #expect(try bytes.withUnsafeMutableBytes { try again.descriptor.read(into: $0) } == 8192)
            #expect(bytes[4095...4099] == [0, 1, 2, 3, 0])
        }
        #expect(try FileStatus(MemoryFile.path(of: file)).allocated == 4096)
    }

    @Test("a file that cannot be sealed says so")
    func unsealable() throws {
        let file = try MemoryFile.make([1])
        #expect(throws: LinuxError.self) { try MemoryFile.seal(file) }
        let isSealed = MemoryFile.isSealed(file)
        #expect(!isSealed)
    }
}
