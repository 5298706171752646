import AsyncHTTPClient
import NIOHTTP1
package import OCI

extension RegistryClient {
    /// What says something about a manifest, such as signatures and SBOMs.
    ///
    /// Asks the referrers API, and where that is missing the tag that stands in for it.
    ///
    /// - Returns: none if there are none, or the registry knows neither way.
    package func referrers(of digest: Digest, in reference: ImageReference) async throws -> [Descriptor] {
        try await pulling(reference) { place in
            let found = try await referrers(of: digest, in: reference, at: place)
            guard found == nil, place.endpoint.isMirror else { return found ?? [] }
            throw RegistryFailure(.notFound, "\(place.name) has no list of referrers")
        }
    }

    private func referrers(of digest: Digest, in reference: ImageReference, at place: Place) async throws
        -> [Descriptor]?
    {
        do {
            let first = try place.address("/\(reference.path)/referrers/\(digest)")
            var found: [Descriptor] = []
            try await place.pages(from: first, .pull(reference.path), accept: MediaType.index) { bytes in
                found += try Self.list(bytes, digest)
                return found.count < Self.mostReferrers
            }
            return Array(found.prefix(Self.mostReferrers))
        } catch let failure as RegistryFailure where [400, 404, 405, 406, 501].contains(failure.status) {
            return try await fallback(for: digest, in: reference, at: place)
        }
    }

    /// The list under the fallback tag; `nil` if there is none.
    private func fallback(
        for digest: Digest,
        in reference: ImageReference,
        at place: Place
    ) async throws -> [Descriptor]? {
        do {
            return try Self.list(try await fetch(Self.tag(digest), of: reference, from: place).bytes, digest)
        } catch let failure as RegistryFailure where failure.status == 404 {
            return nil
        }
    }

    private static func list(_ bytes: [UInt8], _ digest: Digest) throws -> [Descriptor] {
        try Manifest(blob: bytes, name: "the list of referrers of \(digest)").manifests ?? []
    }

    private static func tag(_ digest: Digest) -> String { "sha256-\(digest.hex)" }

    private static let mostReferrers = 10_000

    /// Adds a manifest to the list under its subject's fallback tag; two clients at once can lose an entry, which the
    /// specification accepts.
    func addReferrer(
        _ manifest: Manifest,
        _ descriptor: Descriptor,
        _ subject: Descriptor,
        _ reference: ImageReference,
        _ place: Place
    ) async throws {
        let known = try await fallback(for: subject.digest, in: reference, at: place) ?? []
        guard !known.contains(where: { $0.digest == descriptor.digest }) else { return }
        var entry = descriptor
        entry.artifactType = manifest.artifactType ?? manifest.config?.mediaType
        entry.annotations = manifest.annotations
        var index = Manifest(manifests: known + [entry])
        index.mediaType = MediaType.index
        let bytes = try index.blob()
        let tag = Self.tag(subject.digest)
        _ = try await place.put(bytes, MediaType.index, Digest(hashing: bytes), as: tag, in: reference)
    }
}

extension Place {
    /// Reads the pages of a list, each at most as large as a manifest.
    ///
    /// - Parameter body: says whether it wants more.
    func pages(
        from first: WebAddress,
        _ scope: Scope,
        accept: String,
        _ body: ([UInt8]) throws -> Bool
    ) async throws {
        var next: WebAddress? = first
        var pages = 0
        while let address = next, pages < RegistryLimits.pages {
            let request = WebRequest(.GET, address, headers: ["Accept": accept])
            let response = try await send(request, scope)
            let limit = RegistryLimits.manifest
            guard try body(try await AnswerBody.collect(response, limit: limit, from: address)) else { return }
            next = LinkHeader.next(in: response.headers["Link"]).flatMap { WebAddress($0, relativeTo: address) }
            if let next, next.origin != first.origin {
                throw RegistryFailure(.registry, "\(name) continues a list at another place, \(next.origin)")
            }
            pages += 1
        }
    }
}
