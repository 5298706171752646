package import FoundationEssentials
package import OCI
package import SystemPackage

/// An image in the store, ready for use.
package struct Image: Sendable, Hashable, Identifiable {
    /// The digest of the configuration blob, as Docker's image id.
    package let id: Digest
    /// The names that point to it, sorted; empty for an image whose name moved on to another.
    package let references: [ImageReference]
    /// How to start it.
    package let configuration: ImageConfiguration
    /// The layers, the lowest first, each once.
    ///
    /// A layer that occurs again counts where it is topmost: the lower occurrence cannot be seen any more, and
    /// overlayfs refuses a folder that is given twice.
    package let layers: [Layer]
    /// What its name points to in a registry: the manifest, or an index over the manifests of several platforms.
    package let target: Descriptor
    /// The manifest for this machine.
    package let manifest: Descriptor

    /// When it was built, if it says so.
    package var created: Date? { configuration.created }

    /// The bytes that its disks take on this machine; layers shared with other images are counted in each.
    package var size: Int64 { layers.reduce(0) { $0 + $1.size } }

    /// Whether parts of its disks are still to be fetched: then they can be read through a `LazyImageDisk` only.
    package var isLazy: Bool { layers.contains { $0.source != nil } }

    /// What to call it in messages: its first name, or the short id.
    package var displayName: String { references.first.map(\.description) ?? String(id.hex.prefix(12)) }

    /// Its repositories, each with the digest under which a registry serves exactly this image.
    package var digests: [String] {
        Set(references.map(\.familiarName)).sorted().map { "\($0)@\(target.digest)" }
    }
}

/// One layer of an image: a read-only EROFS disk, shared by all images that have it.
package struct Layer: Sendable, Hashable {
    /// The digest of the layer's uncompressed archive.
    package let diffID: Digest
    /// The disk; deletions and opaque folders are in it the way overlayfs wants them.
    package let disk: FilePath
    /// The disk's length in bytes, a multiple of 4096; 0 if the store has lost the layer.
    package let size: Int64
    /// Where the parts of the disk that are not here come from; `nil` for a disk that is whole.
    package var source: LazySource?
}
