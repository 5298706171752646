import Linux
import OCI
import SystemPackage

import struct Crypto.SHA256

/// What each part of a disk must hash to, so that a part can be trusted before the whole is there.
///
/// As a blob it is the SHA-256 hashes of the disk's chunks one after the other, 32 bytes each.
struct ChunkTable: Sendable {
    /// The bytes that are fetched and verified at once; part of the format, whose media type changes with it.
    ///
    /// A request costs about as much as 100 KiB on a good link, and a hash of 32 bytes for each 256 KiB is 0.01 %.
    static let chunk: Int64 = 256 << 10
    private static let hash = 32

    /// The disk's length.
    let size: Int64
    private let hashes: [UInt8]

    /// Takes a table's bytes, whose own digest has been verified.
    init(_ blob: [UInt8], size: Int64) throws(ImageError) {
        guard size > 0, Int64(blob.count) == Self.length(for: size) else {
            throw ImageError(.badArchive, "a chunk table of \(blob.count) bytes does not fit a disk of \(size) bytes")
        }
        self.size = size
        hashes = blob
    }

    /// The table's length for a disk of so many bytes.
    static func length(for size: Int64) -> Int64 { (size + chunk - 1) / chunk * Int64(hash) }

    /// Reads a disk once.
    ///
    /// - Returns: the digest of the whole, and the table as a blob.
    static func make(of disk: FilePath, _ flag: CancellationFlag) throws -> (disk: Digest, table: [UInt8]) {
        var whole = SHA256()
        var table: [UInt8] = []
        let size = File.regularSize(disk) ?? 0
        for start in stride(from: 0, to: size, by: Int(chunk)) {
            try flag.check()
            let part = FileRegion(path: disk, offset: start, length: min(chunk, size - start))
            let bytes = try part.read(limit: chunk)
            whole.update(data: bytes)
            table += SHA256.hash(data: bytes)
        }
        return (Digest(whole.finalize()), table)
    }

    var count: Int { hashes.count / Self.hash }

    /// Where some consecutive chunks lie in the disk; the last chunk may be short.
    func bytes(of chunks: Range<Int>) -> Range<Int64> {
        Int64(chunks.lowerBound) * Self.chunk..<min(Int64(chunks.upperBound) * Self.chunk, size)
    }

    /// The chunks that have any of these bytes.
    func chunks(of bytes: Range<Int64>) -> Range<Int> {
        Int(bytes.lowerBound / Self.chunk)..<Int((bytes.upperBound + Self.chunk - 1) / Self.chunk)
    }

    /// Whether these are the bytes of a chunk.
    func fits(_ bytes: some Sequence<UInt8>, _ chunk: Int) -> Bool {
        let start = chunk * Self.hash
        return SHA256.hash(data: Array(bytes)).elementsEqual(hashes[start..<start + Self.hash])
    }
}
