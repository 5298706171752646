import FoundationEssentials
import Linux
package import OCI
package import SystemPackage

/// The images on this machine: content-addressed, verified, one read-only disk for each distinct layer.
///
/// Any number of stores, in one process or several, may work on one folder. Changes become visible as a whole or
/// not at all: blobs and disks are made in staging, renamed into place, and then the index is written. A process
/// killed at any instant leaves at most a staging folder, the beginning of a download, or an unused blob; the next
/// change to the store removes the first, and `prune` and the next removal of an image the others.
package struct ImageStore: Sendable {
    /// Where Debian installs the programs that the store runs.
    package static let defaultSearchPath: [FilePath] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    let layout: StoreLayout
    let tools: Toolbox
    let limits: Limits
    /// The registry of names that name none.
    package let defaultDomain: String
    /// Who in this process may work on which blob; other processes are kept out by the lock in its folder.
    let turns = Turns<Digest>()

    /// Opens a store, making its folders if need be.
    ///
    /// - Parameters:
    ///   - root: the store's folder.
    ///   - limits: how much an archive may ask of this machine.
    ///   - defaultDomain: the registry of names that name none.
    ///   - searchPath: where gzip, zstd and bsdtar are looked for.
    package init(
        root: FilePath,
        limits: Limits = Limits(),
        searchPath: [FilePath] = ImageStore.defaultSearchPath,
        defaultDomain: String = ImageReference.defaultDomain
    ) throws {
        layout = StoreLayout(root: root)
        tools = Toolbox(searchPath: searchPath)
        self.limits = limits
        self.defaultDomain = defaultDomain
        try layout.create()
    }

    /// One reading of what is there.
    func catalog() throws(ImageError) -> Catalog { try Catalog(layout, defaultDomain: defaultDomain) }

    /// Finds an image by name, id, the beginning of an id, or a manifest's digest.
    package func image(_ nameOrID: String) throws(ImageError) -> Image {
        let catalog = try catalog()
        let entry = try catalog.find(nameOrID)
        guard let image = try catalog.image(entry) else { throw .notFound(nameOrID) }
        return image
    }

    /// All images, the newest first.
    package func list() throws(ImageError) -> [Image] {
        let catalog = try catalog()
        var images: [Image] = []
        for entry in catalog.images {
            // One that another process removes at this moment is not there any more.
            if let image = try catalog.image(entry) { images.append(image) }
        }
        return images.sorted { left, right in
            let (new, old) = (left.created ?? .distantPast, right.created ?? .distantPast)
            return new == old ? left.id.hex < right.id.hex : new > old
        }
    }

    /// Finds an image and lets a body declare that it is needed, while no other process can remove it.
    ///
    /// - Parameter body: the work, of milliseconds: every change to the store waits for it.
    package func withImage<Result>(_ nameOrID: String, _ body: (Image) throws -> Result) throws -> Result {
        try FileLock.withLock(layout.lock) { try body(try image(nameOrID)) }
    }

    /// The configuration of an image as it was published, byte for byte; its digest is the image's id.
    package func configurationBlob(of image: Image) throws(ImageError) -> [UInt8] {
        guard let blob = try layout.blobs.document(image.id) else { throw .notFound(image.displayName) }
        return blob
    }

    /// Checks that the disks of an image are as they were made: there, whole, and EROFS.
    ///
    /// It reads a few bytes of each disk and is cheap enough for every start of a container.
    /// - Throws: `.damaged` naming the first layer that is not.
    package func verify(_ image: Image) throws(ImageError) {
        for layer in image.layers { try verify(layer, of: image) }
    }

    /// Checks one layer's disk, as `verify(_:)` does for all of an image.
    package func verify(_ layer: Layer, of image: Image) throws(ImageError) {
        guard layer.source == nil, !RootDisk.isIntact(layer.disk, size: layer.size) else { return }
        throw ImageError(
            .damaged,
            "image \"\(image.displayName)\": layer \(layer.diffID.hex.prefix(12)) is damaged "
                + "(remove the image and pull or load it again)"
        )
    }
}
