import FoundationEssentials
import Linux
package import OCI
package import SystemPackage

/// The images on this machine: content-addressed, verified, one read-only disk for each distinct layer.
///
/// Any number of stores, in one process or several, may work on one folder. Changes become visible as a whole or
/// not at all: layers are built in staging, renamed into place, and then the image and its names are written. A
/// process killed at any instant leaves at most a staging folder or an unused layer; the next change to the store
/// removes the one, the next removal of an image the other. Unpacking needs root, because layers have owners and
/// devices.
package struct ImageStore: Sendable {
    /// Where Debian installs the programs that the store runs.
    package static let defaultSearchPath: [FilePath] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    let layout: StoreLayout
    let tools: Toolbox
    let limits: Limits

    /// Opens a store, making its folders if need be.
    ///
    /// - Parameters:
    ///   - root: the store's folder.
    ///   - limits: how much an archive may ask of this machine.
    ///   - searchPath: where bsdtar, mkfs.erofs, gzip and zstd are looked for.
    package init(
        root: FilePath,
        limits: Limits = Limits(),
        searchPath: [FilePath] = ImageStore.defaultSearchPath
    ) throws(ImageError) {
        layout = StoreLayout(root: root)
        tools = Toolbox(searchPath: searchPath)
        self.limits = limits
        try layout.create()
    }

    /// Finds an image by name, id, or the beginning of an id.
    package func image(_ nameOrID: String) throws(ImageError) -> Image {
        let references = try References(layout.references)
        let id = try resolve(nameOrID, references)
        guard let image = try read(id, references) else { throw .notFound(nameOrID) }
        return image
    }

    /// All images, the newest first.
    package func list() throws(ImageError) -> [Image] {
        let references = try References(layout.references)
        var images: [Image] = []
        for id in ids() {
            // One that another process removes at this moment is not there any more.
            if let image = try read(id, references) { images.append(image) }
        }
        return images.sorted { left, right in
            let (new, old) = (left.created ?? .distantPast, right.created ?? .distantPast)
            return new == old ? left.id.hex < right.id.hex : new > old
        }
    }

    /// The configuration of an image as it was loaded, byte for byte; its digest is the image's id.
    package func configurationBlob(of image: Image) throws(ImageError) -> [UInt8] {
        guard let blob = try File.read(layout.image(image.id), limit: 8 << 20) else {
            throw .notFound(image.displayName)
        }
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
        guard !RootDisk.isIntact(layer.disk, size: layer.size) else { return }
        throw ImageError(
            .damaged,
            "image \"\(image.displayName)\": layer \(layer.diffID.hex.prefix(12)) is damaged "
                + "(remove the image and load it again)"
        )
    }
}

extension ImageStore {
    /// The images in the store.
    func ids() -> [Digest] {
        File.names(in: layout.images).compactMap { name in
            name.hasSuffix(".json") ? Digest(hex: name.dropLast(5)) : nil
        }
    }

    /// Finds an image's id: by name first, because a name may look like the beginning of an id.
    func resolve(_ nameOrID: String, _ references: References) throws(ImageError) -> Digest {
        if let id = try? Digest(nameOrID) { return id }
        if let name = try? ImageReference(nameOrID), let id = references.images[name] { return id }
        let prefix = nameOrID.hasPrefix("sha256:") ? nameOrID.dropFirst(7) : nameOrID[...]
        guard !prefix.isEmpty, prefix.utf8.allSatisfy(Digest.isHexDigit) else { throw .notFound(nameOrID) }
        let matches = ids().filter { $0.hex.hasPrefix(prefix) }
        guard let match = matches.first else { throw .notFound(nameOrID) }
        guard matches.count == 1 else {
            throw ImageError(
                .ambiguous,
                "image id \"\(prefix)\" fits \(matches.count) images (write more of it)"
            )
        }
        return match
    }

    /// Reads an image; `nil` if there is none with this id.
    func read(_ id: Digest, _ references: References) throws(ImageError) -> Image? {
        guard let blob = try File.read(layout.image(id), limit: 8 << 20) else { return nil }
        guard Digest(hashing: blob) == id else {
            throw ImageError(.damaged, "\(layout.image(id)) is damaged (remove the image and load it again)")
        }
        let configuration = try ImageConfiguration(blob: blob)
        let layers = configuration.distinctDiffIDs.map { diffID in
            let folder = layout.layer(diffID)
            return Layer(diffID: diffID, disk: folder.disk, size: folder.size)
        }
        return Image(id: id, references: references.names(of: id), configuration: configuration, layers: layers)
    }
}

extension ImageConfiguration {
    /// The layers, the lowest first, each once, where it is topmost.
    var distinctDiffIDs: [Digest] {
        var seen: Set<Digest> = []
        return diffIDs.reversed().filter { seen.insert($0).inserted }.reversed()
    }
}

extension ImageError {
    /// There is no such image.
    static func notFound(_ nameOrID: String) -> ImageError {
        ImageError(
            .notFound,
            "image \"\(printable(nameOrID.utf8))\" not found (load it with \"apus load\", list images with \"apus images\")"
        )
    }
}
