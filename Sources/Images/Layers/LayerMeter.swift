import Linux
import OCI
import SystemPackage

import struct Crypto.SHA256

/// Hashes, counts and bounds the plain bytes of a layer as they come out of a pipe.
///
/// It belongs to one thread.
final class LayerMeter {
    private let input: OwnedFD
    private let limit: Int64
    private let name: String
    private var hash = SHA256()
    /// Gets the bytes too, in order.
    var copy: ((UnsafeRawBufferPointer) throws -> Void)?
    /// How many bytes came.
    private(set) var size: Int64 = 0
    /// Whether the end came.
    private(set) var isAtEnd = false

    init(_ input: consuming OwnedFD, limit: Int64, name: String) {
        self.input = input
        self.limit = limit
        self.name = name
    }

    /// The digest of all bytes so far.
    var digest: Digest { Digest(hash.finalize()) }

    /// Reads what the pipe has.
    ///
    /// - Returns: how many bytes, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try input.descriptor.read(into: buffer)
        isAtEnd = count == 0
        size += Int64(count)
        guard size <= limit else {
            throw ImageError(.refused, "\(name) is larger than \(limit) bytes when uncompressed")
        }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
        hash.update(bufferPointer: bytes)
        try copy?(bytes)
        return count
    }
}
