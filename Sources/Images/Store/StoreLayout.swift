import OCI
import SystemPackage

/// Where the store keeps what.
///
///     lock                      held by whoever changes the store
///     references.json           names, each with the id of its image
///     images/<id>.json          configuration blobs, byte for byte: their hash is their name
///     layers/<diff id>/         disk.erofs and layer.json, which records the disk's length
///     staging/<random>/         work in progress; its owner holds the lock in it
struct StoreLayout: Sendable {
    let root: FilePath

    var lock: FilePath { root.appending("lock") }
    var references: FilePath { root.appending("references.json") }
    var images: FilePath { root.appending("images") }
    var layers: FilePath { root.appending("layers") }
    var staging: FilePath { root.appending("staging") }

    func image(_ id: Digest) -> FilePath { images.appending("\(id.hex).json") }

    func layer(_ diffID: Digest) -> LayerFolder { LayerFolder(path: layers.appending(diffID.hex)) }

    func create() throws(ImageError) {
        for folder in [root, images, layers, staging] { try File.createFolder(folder) }
    }
}
