import Linux
package import OCI
package import Registry
import SystemPackage

extension ImageStore {
    /// Blobs that one pull or push transfers at a time, as Docker's default.
    static let parallelTransfers = 3

    /// Fetches an image for this machine's platform, with what is attached to it, and makes it ready for use.
    ///
    /// A layer that the store has is not fetched, and one that several pulls want at a time is fetched once, whichever
    /// process they are in. An interrupted pull continues where it was: finished layers and beginnings of blobs stay
    /// until the next try or `prune`. The image appears when every byte has been verified.
    /// - Parameters:
    ///   - reference: the name; with a digest it is kept under `repository@digest`.
    ///   - progress: told what happens, in Docker's words.
    package func pull(
        _ reference: ImageReference,
        with client: RegistryClient,
        progress: @escaping ProgressHandler = { _ in }
    ) async throws -> Image {
        let fetched = try await client.manifest(reference)
        progress(ProgressMessage("Pulling from \(reference.path)", id: reference.tag ?? reference.digest?.description))
        let chain = try await ManifestChain(target: fetched.descriptor, bytes: fetched.bytes) { descriptor in
            try await client.manifest(descriptor, of: reference)
        }
        let name = try reference.kept
        let old = try catalog().index.entry(name)
        let pull = Pull(store: self, client: client, reference: reference, chain: chain, progress: progress)
        let image = try await withStaging { staging in
            let id = try await pull.stage(in: staging)
            let image = StagedImage(target: chain.target, id: id, names: [name])
            return try await publish([image], from: staging).first
        }
        await tidy(chain.layers + [chain.config])
        guard let image else { throw ImageError.notFound(name.description) }
        progress(ProgressMessage("Digest: \(chain.target.digest)"))
        let isNew = old?.target != chain.target
        progress(ProgressMessage("Status: \(isNew ? "Downloaded newer image" : "Image is up to date") for \(name)"))
        return image
    }
}

extension ImageReference {
    /// The name that a pull gives: a digest says more than a tag, so it stands alone, as in Docker.
    var kept: ImageReference {
        get throws(ImageError) {
            guard let digest, tag != nil else { return self }
            return try ImageReference("\(domain)/\(path)@\(digest)")
        }
    }
}
