/// How much an archive may ask of this machine.
///
/// The defaults leave room for the largest images in use (a full CUDA or office image is about 10 GB and 200,000
/// files) and still end a decompression bomb before it fills a disk.
package struct Limits: Sendable {
    /// Entries in one archive or layer.
    package var entries = 500_000
    /// Bytes of one layer as it is published, mostly compressed.
    package var blobBytes: Int64 = 16 << 30
    /// Bytes of one layer, uncompressed, holes of sparse files included.
    package var layerBytes: Int64 = 16 << 30
    /// Bytes of a whole archive, uncompressed.
    package var archiveBytes: Int64 = 64 << 30
    /// Bytes of one path; Linux's PATH_MAX without the final zero.
    package var pathBytes = 4095
    /// Bytes of names, link targets and extended attributes in one layer: they stay in memory while it is converted.
    ///
    /// The 200,000 files of a full CUDA image have 9 MB of them (at 45 bytes a file, as Debian's packages have).
    package var metadataBytes = 64 << 20
    /// Layers of one image; Docker allows 127.
    package var layers = 128
    /// Images in one archive.
    package var images = 1024

    /// The defaults.
    package init() {}
}
