import AsyncHTTPClient
import NIOHTTP1
package import OCI
package import SystemPackage

extension RegistryClient {
    /// Fetches a small blob, such as a configuration, into memory and checks its length and digest.
    package func blob(_ descriptor: Descriptor, of reference: ImageReference) async throws -> [UInt8] {
        try await pulling(reference) { place in
            let answer = try WholeAnswer(descriptor, "blob", limit: RegistryLimits.smallBlob)
            let address = try place.blob(descriptor.digest, in: reference)
            let response = try await place.send(
                WebRequest(.GET, address),
                .pull(reference.path),
                missing: Place.noBlob(descriptor.digest)
            )
            return try await answer.read(response, from: address)
        }
    }

    /// Downloads a blob to a file and verifies it.
    ///
    /// The file may hold the beginning from an earlier try, and holds it again after a failure: what is there is
    /// hashed and only the rest asked for. It never gets longer than the blob, and is not yet synced to disk. Bytes
    /// that hash to something else are thrown away, and everything is fetched once more.
    ///
    /// - Parameter progress: gets how many bytes are in the file.
    package func download(
        _ descriptor: Descriptor,
        of reference: ImageReference,
        to file: FilePath,
        progress: @Sendable (Int64) -> Void
    ) async throws {
        let blob = try await BlobFile.open(file, limit: descriptor.size)
        var download = BlobDownload(descriptor, repository: reference.path, to: blob)
        progress(blob.count)
        try await pulling(reference) { place in try await download.run(at: place, progress) }
    }

    /// Whether the registry itself has a blob.
    package func hasBlob(_ digest: Digest, in reference: ImageReference) async throws -> Bool {
        try await atRegistry(reference.domain, "look for blob \(digest) in \"\(reference)\"") { place in
            try await place.hasBlob(digest, in: reference, .pull(reference.path))
        }
    }
}

extension Place {
    /// A blob's address.
    func blob(_ digest: Digest, in reference: ImageReference) throws(RegistryFailure) -> WebAddress {
        try address("/\(reference.path)/blobs/\(digest)")
    }

    /// Asks whether a blob is there.
    func hasBlob(_ digest: Digest, in reference: ImageReference, _ scope: Scope) async throws -> Bool {
        let request = WebRequest(.HEAD, try blob(digest, in: reference))
        return try await send(request, scope, accepting: [200, 404]).status == .ok
    }

    static func noBlob(_ digest: Digest) -> String {
        "the registry does not have blob \(digest) (push the image again)"
    }
}
