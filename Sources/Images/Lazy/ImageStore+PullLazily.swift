package import OCI
package import Registry
import SystemPackage

extension ImageStore {
    /// Takes an image in without its layers: their disks, which its publisher has put beside it, are fetched part by
    /// part when somebody reads them.
    ///
    /// Whoever may attach disks to the image in its repository is trusted for what is in them: the image's own digest
    /// says nothing about it. Layers that are here already are used instead.
    package func pullLazily(
        _ reference: ImageReference,
        with client: RegistryClient,
        progress: @escaping ProgressHandler = { _ in }
    ) async throws -> Image {
        guard reference.digest == nil else {
            throw ImageError(
                .invalidArgument,
                "\"\(reference)\" has a digest, which does not cover published disks (pull it without --lazy)"
            )
        }
        progress(ProgressMessage("Pulling from \(reference.path)", id: reference.tag))
        let fetched = try await client.manifest(reference)
        let chain = try await ManifestChain(target: fetched.descriptor, bytes: fetched.bytes) { descriptor in
            try await client.manifest(descriptor, of: reference)
        }
        let pull = Pull(store: self, client: client, reference: reference, chain: chain, progress: progress)
        let image = try await withStaging { staging in
            try await pull.stageLazily(in: staging)
            let image = StagedImage(target: chain.target, id: chain.config.digest, names: [reference])
            return try await publish([image], from: staging).first
        }
        await tidy([chain.config])
        guard let image else { throw ImageError.notFound(reference.description) }
        progress(ProgressMessage("Digest: \(chain.target.digest)"))
        progress(ProgressMessage("Status: layers of \(reference) are fetched when they are read"))
        return image
    }
}

extension Pull {
    /// Stages the documents, and for each layer a disk of which nothing is there.
    func stageLazily(in staging: Staging) async throws {
        let configuration = try await stageConfiguration(in: staging)
        for document in chain.documents { try staging.blobs.write(document) }
        let disks = try await publishedDisks()
        let layers = disks.layers
        guard Self.isStack(layers.map(\.diffID), of: configuration.distinctDiffIDs) else { throw noDisks }
        try refuseOtherPublisher()
        for layer in layers {
            let folder = LazyFolder(path: staging.lazy.appending(layer.disk.digest.hex))
            guard !File.exists(folder.path) else { continue }
            let table = try await client.blob(layer.chunks, of: reference)
            try await Blocking.run { _ in try folder.create(table, size: layer.disk.size) }
            progress(ProgressMessage("Fetched on demand", id: String(layer.diffID.hex.prefix(12))))
        }
        let record = staging.lazy.appending("\(chain.config.digest.hex).json")
        try File.writeAtomically(try JSONFile.encode(LazyRecord(layers: layers)), to: record)
    }

    /// Whether these are an image's layers down to one that hides the rest, with or without the disk of implied folders.
    private static func isStack(_ published: [Digest], of diffIDs: [Digest]) -> Bool {
        let isExtended = published.last == ImpliedFolders.key(diffIDs)
        let own = isExtended ? published.dropLast() : published[...]
        return !own.isEmpty && diffIDs.suffix(own.count).elementsEqual(own)
    }

    /// An image may have several names, but gets disks from one repository: otherwise whoever publishes an equal image
    /// elsewhere would decide what the containers of this one see.
    private func refuseOtherPublisher() throws {
        let id = chain.config.digest
        guard let known = try LazyRecord(of: id, in: store.layout)?.layers.first,
            try store.catalog().images.contains(where: { $0.id == id })
        else { return }
        let other = try ImageReference(known.reference)
        guard (other.domain, other.path) != (reference.domain, reference.path) else { return }
        throw ImageError(
            .refused,
            "image \"\(reference)\" is here already with disks of \"\(other)\" (remove it, or pull without --lazy)"
        )
    }

    /// What the publisher has put beside the image; the last one counts, as registries list them in order of arrival.
    private func publishedDisks() async throws -> PublishedDisks {
        let found = try await client.referrers(of: chain.manifest.digest, in: reference)
        guard let descriptor = found.last(where: { $0.artifactType == PublishedDisks.artifactType }) else {
            throw noDisks
        }
        let bytes = try await client.manifest(descriptor, of: reference)
        let manifest = try Manifest(blob: bytes, name: "manifest \(descriptor.digest)")
        return try PublishedDisks(manifest, of: reference, store.limits)
    }

    private var noDisks: ImageError {
        ImageError(
            .notFound,
            "no disks are published for \"\(reference)\" (push it with \"apus push --disks\", or pull it without --lazy)"
        )
    }
}
