import OCI
import SystemPackage

/// Files whose names are the hashes of their bytes.
struct BlobFolder: Sendable {
    /// The largest manifest or configuration that is read into memory; registries allow manifests of 4 MiB.
    static let documentLimit: Int64 = 8 << 20

    let path: FilePath

    func file(_ digest: Digest) -> FilePath { path.appending(digest.hex) }

    /// A blob's length; `nil` if it is not there.
    func size(_ digest: Digest) -> Int64? { File.regularSize(file(digest)) }

    func contains(_ descriptor: Descriptor) -> Bool { size(descriptor.digest) == descriptor.size }

    /// Reads a manifest or configuration and checks that it is what its name says.
    ///
    /// - Returns: `nil` if it is not there.
    func document(_ digest: Digest) throws(ImageError) -> [UInt8]? {
        guard let bytes = try File.read(file(digest), limit: Self.documentLimit) else { return nil }
        guard Digest(hashing: bytes) == digest else {
            throw ImageError(.damaged, "\(file(digest)) is damaged (remove the image and pull or load it again)")
        }
        return bytes
    }

    /// Writes a document under its hash.
    @discardableResult
    func write(_ bytes: [UInt8]) throws -> Digest {
        let digest = Digest(hashing: bytes)
        if size(digest) != Int64(bytes.count) { try File.writeAtomically(bytes, to: file(digest)) }
        return digest
    }
}
