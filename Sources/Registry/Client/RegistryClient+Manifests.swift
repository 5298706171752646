import AsyncHTTPClient
import NIOHTTP1
package import OCI

extension RegistryClient {
    /// Fetches a manifest or an index by digest, or by tag where the reference has no digest.
    ///
    /// The bytes are checked against the digest that was asked for; by tag, against the one that the registry claims.
    package func manifest(_ reference: ImageReference) async throws -> FetchedManifest {
        try await pulling(reference) { place in
            try await fetch(reference.digest?.description ?? reference.tag ?? "latest", of: reference, from: place)
        }
    }

    /// Fetches a manifest that an index lists, and checks its length and digest.
    package func manifest(_ descriptor: Descriptor, of reference: ImageReference) async throws -> [UInt8] {
        try await pulling(reference) { place in
            let answer = try WholeAnswer(descriptor, "manifest", limit: RegistryLimits.manifest)
            let request = try manifestRequest("\(descriptor.digest)", of: reference, at: place)
            let response = try await place.send(request, .pull(reference.path), missing: Self.noImage)
            return try await answer.read(response, from: request.address)
        }
    }

    /// Fetches by tag or digest from one place.
    func fetch(_ name: String, of reference: ImageReference, from place: Place) async throws -> FetchedManifest {
        let request = try manifestRequest(name, of: reference, at: place)
        let response = try await place.send(request, .pull(reference.path), missing: Self.noImage)
        let limit = RegistryLimits.manifest
        let bytes = try await AnswerBody.collect(response, limit: limit, from: request.address)
        if let length = AnswerBody.contentLength(response), length != Int64(bytes.count) {
            throw RegistryFailure(
                .unreachable,
                "the registry sent \(bytes.count) of \(length) bytes of the manifest",
                heals: true
            )
        }
        let digest = Digest(hashing: bytes)
        try check(digest, asked: name, response)
        let type = try mediaType(bytes, response, "the manifest of \"\(reference)\"")
        let descriptor = Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
        return FetchedManifest(descriptor: descriptor, bytes: bytes)
    }

    private func check(_ digest: Digest, asked name: String, _ response: HTTPClientResponse) throws {
        let claim = response.headers.first(name: "Docker-Content-Digest").flatMap { try? Digest($0) }
        guard let promised = (try? Digest(name)) ?? claim, promised != digest else { return }
        throw RegistryFailure(
            .digestMismatch,
            "the registry sent a manifest that hashes to \(digest) for \(promised) (tell its operator)"
        )
    }

    private func manifestRequest(
        _ name: String,
        of reference: ImageReference,
        at place: Place
    ) throws -> WebRequest {
        var headers = HTTPHeaders()
        for type in MediaType.readable { headers.add(name: "Accept", value: type) }
        return WebRequest(.GET, try place.address("/\(reference.path)/manifests/\(name)"), headers: headers)
    }

    /// The document's own word first: the registry's is only about what it believes to have.
    private func mediaType(_ bytes: [UInt8], _ response: HTTPClientResponse, _ name: String) throws -> String {
        let manifest = try Manifest(blob: bytes, name: name)
        if let type = manifest.mediaType { return type }
        let claim = response.headers.first(name: "Content-Type")?.split(separator: ";").first.map(String.init)
        if let claim, MediaType.readable.contains(claim), MediaType.isIndex(claim) == manifest.isIndex { return claim }
        return manifest.isIndex ? MediaType.index : MediaType.manifest
    }

    static let noImage = "the registry has no such image (check the name and tag)"
}
