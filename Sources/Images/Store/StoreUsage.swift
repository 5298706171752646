import FoundationEssentials
import Linux
import OCI
import SystemPackage

/// What takes how much room in a store.
package struct StoreUsage: Sendable, Hashable {
    /// One image's part.
    package struct Item: Sendable, Hashable {
        package let image: Image
        /// Bytes of its blobs and disks that other images have too.
        package let shared: Int64
        /// Bytes that would be free without it.
        package let unique: Int64
    }

    package var images: [Item] = []
    /// Manifests, configurations and layers as they were published.
    package var blobs: Int64 = 0
    /// The layers' disks.
    package var disks: Int64 = 0
    /// Interrupted and running transfers.
    package var unfinished: Int64 = 0
    /// Blobs and disks that no image needs.
    package var unreachable: Int64 = 0

    package var total: Int64 { blobs + disks + unfinished }
}

extension ImageStore {
    /// Measures the store.
    package func usage() throws -> StoreUsage {
        var usage = StoreUsage()
        let sizes = sizes()
        usage.blobs = sizes.reduce(0) { $1.key.hasPrefix("blob") ? $0 + $1.value : $0 }
        usage.disks = sizes.reduce(0) { $1.key.hasPrefix("disk") ? $0 + $1.value : $0 }
        usage.unfinished = File.allocated(in: layout.ingest) + File.allocated(in: layout.staging)
        let catalog = try self.catalog()
        var parts: [(Image, Set<String>)] = []
        for entry in catalog.images {
            if let image = try catalog.image(entry) { parts.append((image, try self.parts(of: image, in: catalog))) }
        }
        let owners = parts.flatMap(\.1).reduce(into: [:]) { $0[$1, default: 0] += 1 }
        usage.images = parts.map { image, parts in
            let bytes = { (isShared: Bool) in
                parts.reduce(Int64(0)) { (owners[$1, default: 0] > 1) == isShared ? $0 + sizes[$1, default: 0] : $0 }
            }
            return StoreUsage.Item(image: image, shared: bytes(true), unique: bytes(false))
        }
        usage.unreachable = sizes.reduce(0) { owners[$1.key] == nil ? $0 + $1.value : $0 }
        return usage
    }

    /// The room that each blob and each disk takes, under names that tell the two apart.
    private func sizes() -> [String: Int64] {
        var sizes: [String: Int64] = [:]
        for name in File.names(in: layout.blobs.path) {
            sizes["blob \(name)"] = File.allocated(in: layout.blobs.path.appending(name))
        }
        for name in File.names(in: layout.layers) {
            sizes["disk \(name)"] = File.allocated(in: layout.layers.appending(name))
        }
        return sizes
    }

    /// What all of an image's manifests need, named as in `sizes()`.
    private func parts(of image: Image, in catalog: Catalog) throws -> Set<String> {
        var parts = Set(image.layers.map { "disk \($0.diffID.hex)" })
        for entry in catalog.index.entries where entry.id == image.id {
            for blob in try catalog.stored(entry)?.blobs ?? [] { parts.insert("blob \(blob.digest.hex)") }
            for subject in [image.target.digest, image.manifest.digest] {
                for blob in try Referrers(layout).blobs(of: subject) { parts.insert("blob \(blob.digest.hex)") }
            }
        }
        return parts
    }
}
