import Linux
package import OCI
import Registry
import SystemPackage

extension Pull {
    /// Artifacts of one image that are kept; an image has a signature, an SBOM and a provenance, rarely more.
    private static let mostReferrers = 32
    /// Bytes of all of them; an SBOM of a large image has a few MiB.
    private static let referrerBytes: Int64 = 64 << 20

    /// Stages what is attached to the image: signatures, SBOMs.
    ///
    /// The image is whole without them, so a registry that cannot tell ends with a word to the user, not with a failure.
    func stageReferrers(in staging: Staging) async {
        do {
            for subject in Set([chain.target.digest, chain.manifest.digest]) {
                try await stageReferrers(of: subject, in: staging)
            }
        } catch {
            progress(ProgressMessage("What is attached to the image could not be fetched: \(error)"))
        }
    }

    private func stageReferrers(of subject: Digest, in staging: Staging) async throws {
        let found = try await client.referrers(of: subject, in: reference)
            .filter { $0.artifactType != PublishedDisks.artifactType }
        var kept: [Descriptor] = []
        var bytes: Int64 = 0
        for descriptor in found.prefix(Self.mostReferrers) {
            bytes += try await stage(descriptor, allowance: Self.referrerBytes - bytes, in: staging)
            kept.append(descriptor)
        }
        if !kept.isEmpty {
            try File.writeAtomically(
                try Manifest(manifests: kept).blob(),
                to: staging.referrers.appending("\(subject.hex).json")
            )
        }
    }

    /// Stages one artifact.
    ///
    /// - Returns: how many bytes it has.
    private func stage(_ descriptor: Descriptor, allowance: Int64, in staging: Staging) async throws -> Int64 {
        let bytes = try await client.manifest(descriptor, of: reference)
        let manifest = try Manifest(blob: bytes, name: "manifest \(descriptor.digest)")
        let blobs = [manifest.config].compactMap(\.self) + (manifest.layers ?? [])
        let total = blobs.reduce(Int64(0)) { $0.addingReportingOverflow(max(0, $1.size)).partialValue }
        guard total >= 0, total <= allowance else {
            throw ImageError(.refused, "\(descriptor.digest) is larger than what is kept beside an image")
        }
        for blob in blobs where try !staging.adopt(blob, from: store.layout.blobs.file(blob.digest)) {
            let file = staging.temporary()
            try await client.download(blob, of: reference, to: file) { _ in }
            try File.synchronize(file)
            try File.replace(staging.blobs.file(blob.digest), with: file)
        }
        try staging.blobs.write(bytes)
        return total
    }
}

extension ImageStore {
    /// What is attached to an image: signatures, SBOMs and the like, as the registry listed them when it was pulled.
    package func referrers(of image: Image) throws(ImageError) -> [Descriptor] {
        var seen: Set<Digest> = []
        var found: [Descriptor] = []
        for subject in [image.target.digest, image.manifest.digest] {
            for descriptor in try Referrers(layout).list(of: subject) where seen.insert(descriptor.digest).inserted {
                found.append(descriptor)
            }
        }
        return found
    }
}
