import Linux
import OCI
import Registry
import SystemPackage

/// One pull: how an image's parts get from a registry into a staging folder.
struct Pull: Sendable {
    let store: ImageStore
    let client: RegistryClient
    let reference: ImageReference
    let chain: ManifestChain
    let progress: ProgressHandler

    private struct LayerJob: Sendable {
        let blob: Descriptor
        let diffID: Digest
        var shortID: String { String(blob.digest.hex.prefix(12)) }
    }

    /// Stages everything that the manifest names.
    ///
    /// - Returns: the image's id.
    func stage(in staging: Staging) async throws -> Digest {
        let configuration = try await stageConfiguration(in: staging)
        for document in chain.documents { try staging.blobs.write(document) }
        let jobs = zip(chain.layers, configuration.diffIDs).map { LayerJob(blob: $0, diffID: $1) }
        for job in jobs { progress(ProgressMessage("Pulling fs layer", id: job.shortID)) }
        try await forEachBounded(jobs, limit: ImageStore.parallelTransfers) { try await stage($0, in: staging) }
        try await store.stageImpliedFolders(configuration, in: staging)
        await stageReferrers(in: staging)
        return chain.config.digest
    }

    func stageConfiguration(in staging: Staging) async throws -> ImageConfiguration {
        let blob = chain.config
        guard blob.size <= BlobFolder.documentLimit else {
            throw ImageError(.refused, "the configuration of \"\(reference)\" has \(blob.size) bytes (at most 8 MiB)")
        }
        if let oversized = chain.layers.first(where: { $0.size > store.limits.blobBytes || $0.size < 0 }) {
            throw ImageError(.refused, "layer \(oversized.digest) is larger than \(store.limits.blobBytes) bytes")
        }
        let bytes = try await configuration(blob)
        try staging.blobs.write(bytes)
        let configuration = try ImageConfiguration(blob: bytes)
        try configuration.check(layers: chain.layers.count, name: reference, id: blob.digest, store.limits)
        return configuration
    }

    /// The configuration's bytes: the store's, another pull's, or the registry's.
    private func configuration(_ blob: Descriptor) async throws -> [UInt8] {
        if let bytes = try store.layout.blobs.document(blob.digest) { return bytes }
        return try await store.withIngest(blob.digest) { ingest in
            if let bytes = try store.layout.blobs.document(blob.digest) { return bytes }
            if let bytes = try File.read(ingest.blob, limit: BlobFolder.documentLimit),
                Digest(hashing: bytes) == blob.digest
            {
                return bytes
            }
            let bytes = try await client.blob(blob, of: reference)
            try File.writeAtomically(bytes, to: ingest.blob)
            return bytes
        }
    }

    private func stage(_ job: LayerJob, in staging: Staging) async throws {
        let (id, progress) = (job.shortID, progress)
        var wasFetched = false
        try await store.stage(job.blob, job.diffID, in: staging) { ingest in
            wasFetched = true
            try await client.download(job.blob, of: reference, to: ingest.partial) { count in
                progress(ProgressMessage("Downloading", id: id, current: count, total: job.blob.size))
            }
            progress(ProgressMessage("Download complete", id: id))
        } convertStarts: {
            wasFetched = true
            progress(ProgressMessage("Extracting", id: id))
        }
        progress(ProgressMessage(wasFetched ? "Pull complete" : "Already exists", id: id))
    }
}
