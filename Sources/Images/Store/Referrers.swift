import OCI
import SystemPackage

/// What is attached to manifests: signatures, SBOMs and the like (OCI distribution specification, "Listing referrers").
struct Referrers {
    let layout: StoreLayout

    init(_ layout: StoreLayout) {
        self.layout = layout
    }

    /// The manifests that say something about a manifest, as the registry listed them.
    func list(of subject: Digest) throws(ImageError) -> [Descriptor] {
        let file = layout.referrers(of: subject)
        guard let bytes = try File.read(file, limit: BlobFolder.documentLimit) else { return [] }
        return try JSONFile.decode(Manifest.self, bytes, name: "\(file)", code: .damaged).manifests ?? []
    }

    /// Everything that must be kept for them.
    func blobs(of subject: Digest) throws(ImageError) -> [Descriptor] {
        var blobs: [Descriptor] = []
        for descriptor in try list(of: subject) {
            guard let bytes = try layout.blobs.document(descriptor.digest) else { continue }
            let manifest = try Manifest(blob: bytes, name: "manifest \(descriptor.digest)")
            blobs += [descriptor] + [manifest.config].compactMap(\.self) + (manifest.layers ?? [])
        }
        return blobs
    }

    func write(_ descriptors: [Descriptor], of subject: Digest) throws {
        try File.writeAtomically(try Manifest(manifests: descriptors).blob(), to: layout.referrers(of: subject))
    }
}
