import Linux
import OCI
import SystemPackage

import struct Crypto.SHA256

/// A run of bytes in a file: a member of an archive that need not be unpacked to be read.
struct FileRegion: Sendable, Hashable {
    let path: FilePath
    let offset: Int64
    let length: Int64

    /// Memory in use while copying; larger buffers gained nothing.
    private static let chunk = 1 << 20

    /// Reads all of it into memory.
    func read(limit: Int64) throws(ImageError) -> [UInt8] {
        guard length <= limit else {
            throw ImageError(.refused, "\(path): a part that must be small has \(length) bytes (at most \(limit))")
        }
        var bytes: [UInt8] = []
        do {
            try forEachChunk { bytes.append(contentsOf: $0) }
        } catch {
            throw .system("read \(path)", error)
        }
        return bytes
    }

    /// The digest of its bytes.
    func digest(_ flag: CancellationFlag) throws -> Digest {
        var hash = SHA256()
        try forEachChunk { chunk in
            try flag.check()
            hash.update(bufferPointer: chunk)
        }
        return Digest(hash.finalize())
    }

    /// Copies it to a new file.
    ///
    /// - Returns: the digest of what was written.
    func copy(to target: FilePath, _ flag: CancellationFlag) throws -> Digest {
        let file = try File.create(target)
        var hash = SHA256()
        try forEachChunk { chunk in
            try flag.check()
            hash.update(bufferPointer: chunk)
            do { try file.descriptor.writeAll(chunk) } catch { throw ImageError.system("write \(target)", error) }
        }
        return Digest(hash.finalize())
    }

    /// Hands out the bytes in order; a file that ends too early is an error.
    func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let file = try File.open(path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 16)
        defer { buffer.deallocate() }
        var done: Int64 = 0
        while done < length {
            let wanted = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(Int(min(length - done, Int64(Self.chunk))))
            )
            let count = try file.descriptor.read(fromAbsoluteOffset: offset + done, into: wanted)
            guard count > 0 else { throw Self.truncated(path) }
            try body(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
            done += Int64(count)
        }
    }

    static func truncated(_ name: some CustomStringConvertible) -> ImageError {
        ImageError(.badArchive, "\(name) is truncated (copy or download it again)")
    }
}
