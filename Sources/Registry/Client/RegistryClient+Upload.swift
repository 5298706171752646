import AsyncHTTPClient
import NIOHTTP1
package import OCI
package import SystemPackage

extension RegistryClient {
    /// How a blob came to be in a repository.
    package enum UploadOutcome: Sendable, Hashable {
        /// It was there.
        case existed
        /// The registry took it over from another of its repositories.
        case mounted(from: String)
        /// Its bytes were sent.
        case uploaded
    }

    /// Brings a blob into a repository, by the cheapest way that works.
    ///
    /// - Parameters:
    ///   - file: must be exactly the blob; the registry checks the digest.
    ///   - mountFrom: images that have it too; those on other registries do not count.
    ///   - progress: gets how many bytes the registry has.
    package func upload(
        _ descriptor: Descriptor,
        from file: FilePath,
        to reference: ImageReference,
        mountFrom: [ImageReference],
        progress: @Sendable (Int64) -> Void
    ) async throws -> UploadOutcome {
        let source = try await SourceFile.open(file)
        guard source.size == descriptor.size else {
            throw ImageError(
                .damaged,
                "cannot push \"\(reference)\": \(file) has \(source.size) bytes, and blob \(descriptor.digest) has"
                    + " \(descriptor.size) (load or pull the image again)"
            )
        }
        var upload = BlobUpload(descriptor, to: reference, from: source)
        if let outcome = try await shortcut(&upload, descriptor, reference, mountFrom) { return outcome }
        try await pushing(reference) { place in try await upload.run(at: place, progress) }
        return .uploaded
    }

    private func shortcut(
        _ upload: inout BlobUpload,
        _ descriptor: Descriptor,
        _ reference: ImageReference,
        _ sources: [ImageReference]
    ) async throws -> UploadOutcome? {
        let exists = try await pushing(reference) { place in
            try await place.hasBlob(descriptor.digest, in: reference, .push(reference.path))
        }
        if exists { return .existed }
        let usable = sources.filter { $0.domain == reference.domain && $0.path != reference.path }.prefix(4)
        for source in usable {
            let mounted = try await pushing(reference) { place in try await upload.mount(from: source, at: place) }
            if mounted { return .mounted(from: source.path) }
        }
        return nil
    }

    /// Uploads a manifest or an index under the reference's digest or tag.
    ///
    /// Where it has a `subject` that the registry does not note by itself, the list of referrers under the fallback
    /// tag is brought up to date (distribution specification, "Pushing Manifests with Subject").
    ///
    /// - Returns: its digest, which the registry confirmed if it said anything about it.
    package func upload(
        manifest: [UInt8],
        mediaType: String,
        to reference: ImageReference
    ) async throws -> Digest {
        let document = try Manifest(blob: manifest, name: "the manifest for \"\(reference)\"")
        let digest = Digest(hashing: manifest)
        if let wanted = reference.digest, wanted != digest {
            throw ImageError(
                .digestMismatch,
                "cannot push \"\(reference)\": the manifest hashes to \(digest) (leave the digest out of the name)"
            )
        }
        try await pushing(reference) { place in
            let name = reference.tag ?? "\(digest)"
            let notesSubject = try await place.put(manifest, mediaType, digest, as: name, in: reference)
            guard let subject = document.subject, !notesSubject else { return }
            try await addReferrer(document, Descriptor(of: manifest, mediaType: mediaType), subject, reference, place)
        }
        return digest
    }
}

extension Place {
    /// Puts a manifest under a tag or digest.
    ///
    /// - Returns: whether the registry keeps the list of its subject's referrers.
    func put(
        _ manifest: [UInt8],
        _ mediaType: String,
        _ digest: Digest,
        as name: String,
        in reference: ImageReference
    ) async throws -> Bool {
        let request = WebRequest(
            .PUT,
            try address("/\(reference.path)/manifests/\(name)"),
            headers: ["Content-Type": mediaType],
            body: .bytes(manifest)
        )
        let response = try await send(request, .push(reference.path), accepting: [200, 201, 202, 204])
        let claim = response.headers.first(name: "Docker-Content-Digest").flatMap { try? Digest($0) }
        if let claim, claim != digest {
            throw RegistryFailure(
                .digestMismatch,
                "the registry says that it stored \(claim), and \(digest) was sent (tell its operator)"
            )
        }
        return response.headers.contains(name: "OCI-Subject")
    }
}
