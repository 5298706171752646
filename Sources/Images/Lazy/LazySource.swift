package import OCI
import SystemPackage

/// Where the disk of a layer that is not here can be had, part by part.
package struct LazySource: Codable, Hashable, Sendable {
    /// The layer's uncompressed archive, by which images name it.
    package var diffID: Digest
    /// The disk as a blob.
    package var disk: Descriptor
    /// The table of its chunks' hashes as a blob.
    package var chunks: Descriptor
    /// The image's whole name; the blobs are in its repository.
    package var reference: String
}

/// What is known about the lazy disks of one image.
struct LazyRecord: Codable, Sendable {
    var layers: [LazySource]

    /// Reads an image's record; `nil` if it has none.
    init?(of image: Digest, in layout: StoreLayout) throws(ImageError) {
        let file = layout.lazyRecord(of: image)
        guard let bytes = try File.read(file, limit: BlobFolder.documentLimit) else { return nil }
        self = try JSONFile.decode(LazyRecord.self, bytes, name: "\(file)", code: .damaged)
    }

    init(layers: [LazySource]) { self.layers = layers }
}

extension StoreLayout {
    /// Disks that were published beside images: `<image id>.json` and a folder for each disk.
    ///
    /// They lie apart from `layers`: nothing proves that such a disk was made of the layer that it claims to be, so no
    /// image but those whose publisher attached it may ever get it.
    var lazy: FilePath { root.appending("lazy") }

    func lazyRecord(of image: Digest) -> FilePath { lazy.appending("\(image.hex).json") }

    func lazyFolder(_ disk: Digest) -> LazyFolder { LazyFolder(path: lazy.appending(disk.hex)) }

    /// A layer of an image: its converted disk if there is one, else the one that was published beside the image.
    func layer(_ diffID: Digest, of image: Digest) throws(ImageError) -> Layer {
        let layer = layer(diffID).layer(diffID: diffID)
        guard layer.size == 0, let record = try LazyRecord(of: image, in: self),
            let source = record.layers.first(where: { $0.diffID == diffID })
        else { return layer }
        let folder = lazyFolder(source.disk.digest)
        return Layer(
            diffID: diffID,
            disk: folder.disk,
            size: source.disk.size,
            source: folder.isWhole(source.disk.size) ? nil : source
        )
    }
}
