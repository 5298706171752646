import OCI
import SystemPackage

/// Where the store keeps what: it is an OCI image layout (image-layout.md), with the disks beside it.
///
///     lock                      held by whoever changes the store
///     oci-layout, index.json    the images: a descriptor for each name, and for each image without one
///     blobs/sha256/<hex>        manifests, configurations and layers as they were published
///     referrers/<hex>.json      what is attached to the manifest of that digest: signatures, SBOMs
///     lazy/                     see `lazy`
///     layers/<diff id>/         disk.erofs, and layer.json, which records what it was made of
///     ingest/<hex>/             a blob that is being fetched or converted; whoever works on it holds the lock in it
///     staging/<random>/         an image that is being put together; its owner holds the lock in it
struct StoreLayout: Sendable {
    let root: FilePath

    var lock: FilePath { root.appending("lock") }
    var marker: FilePath { root.appending("oci-layout") }
    var index: FilePath { root.appending("index.json") }
    var blobs: BlobFolder { BlobFolder(path: root.appending("blobs").appending("sha256")) }
    var referrers: FilePath { root.appending("referrers") }
    var layers: FilePath { root.appending("layers") }
    var ingest: FilePath { root.appending("ingest") }
    var staging: FilePath { root.appending("staging") }

    func layer(_ diffID: Digest) -> LayerFolder { LayerFolder(path: layers.appending(diffID.hex)) }

    func referrers(of digest: Digest) -> FilePath { referrers.appending("\(digest.hex).json") }

    func create() throws {
        for folder in [root, blobs.path, referrers, layers, ingest, staging] { try File.createFolder(folder) }
        guard File.regularSize(marker) == nil else { return }
        try File.writeAtomically(Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), to: marker)
    }
}
