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
}
