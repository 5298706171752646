import EROFS
import OCI
import SystemPackage

/// Gives folders that layers only imply the attributes that lower layers gave them.
///
/// An entry may lie in a folder that its layer has no entry for; then the folder is as lower layers have it. A disk is
/// made of one layer without the others, so it has such a folder with default attributes, which would win in the
/// overlay. One more disk on top, of nothing but those folders, puts that right.
struct ImpliedFolders {
    /// The layers of an image, the lowest first.
    let layers: [LayerFolder]

    private let implied: [Set<[UInt8]>]
    /// What a folder gets that no layer describes, as in `LayerTree`.
    private static let standard = FileAttributes(permissions: 0o755)

    init(layers: [LayerFolder]) {
        self.layers = layers
        implied = layers.map { Set($0.implicitFolders) }
    }

    /// The name under which the disk is kept: it depends on the layers and their order.
    static func key(_ diffIDs: [Digest]) -> Digest {
        Digest(hashing: Array(("implied folders of " + diffIDs.map(\.hex).joined(separator: " ")).utf8))
    }

    /// The folders to put on top; `nil` if all are right.
    func tree() throws -> FileTree? {
        // The lowest layer's folders have nothing below them.
        let paths = Set(implied.dropFirst().joined())
        guard !paths.isEmpty else { return nil }
        let readers = Readers(disks: try layers.map { Disk(try DiskReader($0.disk)) })
        var tree: FileTree?
        for path in paths.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let parts = Self.parts(path)
            guard try isWrong(parts, path, readers) else { continue }
            if tree == nil { tree = FileTree(root: try attributes([], readers) ?? Self.standard) }
            try add(parts, to: &tree, readers)
        }
        return tree
    }

    /// A reader that can be kept in an array.
    private final class Disk {
        let reader: DiskReader
        init(_ reader: consuming DiskReader) { self.reader = reader }
    }

    private struct Readers {
        let disks: [Disk]
    }

    private static func parts(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    }

    /// Whether the overlay would show default attributes where a lower layer has others.
    private func isWrong(_ parts: [[UInt8]], _ path: [UInt8], _ readers: Readers) throws -> Bool {
        for (index, disk) in readers.disks.enumerated().reversed() {
            switch try disk.reader.find(parts) {
            case .nothing(let hidesLower): if hidesLower { return false }
            case .other: return false
            case .folder:
                guard implied[index].contains(path), let truth = try attributes(parts, readers) else { return false }
                return !truth.allowsTheSame(as: Self.standard)
            }
        }
        return false
    }

    /// What the topmost layer that describes a folder says of it; `nil` if none does.
    private func attributes(_ parts: [[UInt8]], _ readers: Readers) throws -> FileAttributes? {
        let path = Array(parts.joined(separator: [UInt8(ascii: "/")]))
        for (index, disk) in readers.disks.enumerated().reversed() {
            switch try disk.reader.find(parts) {
            case .nothing(let hidesLower): if hidesLower { return nil }
            case .other: return nil
            case .folder(var attributes, let hidesLower):
                if !implied[index].contains(path) {
                    // On top of all layers the mark would hide them.
                    attributes.extended.removeAll { $0.name.starts(with: Array("trusted.overlay.".utf8)) }
                    return attributes
                }
                if hidesLower { return nil }
            }
        }
        return nil
    }

    private func add(_ parts: [[UInt8]], to tree: inout FileTree?, _ readers: Readers) throws {
        guard var folder = tree?.root else { return }
        for (index, part) in parts.enumerated() {
            if let child = tree?.child(part[...], of: folder) {
                folder = child
            } else {
                let attributes = try attributes(Array(parts[...index]), readers) ?? Self.standard
                guard let child = try tree?.add(part[...], to: folder, .folder, attributes) else { return }
                folder = child
            }
        }
    }
}

extension FileAttributes {
    /// Whether all but the time is the same: a disk more in most images would be a high price for folders' times.
    fileprivate func allowsTheSame(as other: FileAttributes) -> Bool {
        var same = self
        same.modified = other.modified
        same.modifiedNanoseconds = other.modifiedNanoseconds
        return same == other
    }
}

extension ImageStore {
    /// Stages the disk that puts implied folders right, if the image needs one.
    func stageImpliedFolders(_ configuration: ImageConfiguration, in staging: Staging) async throws {
        let diffIDs = configuration.distinctDiffIDs
        // The disk counts as a layer, of which a machine takes so many.
        guard diffIDs.count < LayerStack.mostLayers else { return }
        let key = ImpliedFolders.key(diffIDs)
        let (target, existing) = (staging.layer(key), layout.layer(key))
        try await Blocking.run { _ in
            if try target.link(from: existing) { return }
            guard let tree = try ImpliedFolders(layers: diffIDs.map(staging.layer)).tree() else { return }
            try File.createFolder(target.path)
            var writer = try DiskWriter(try File.create(target.disk), uuid: LayerPass.uuid(key))
            let size = try writer.finish(tree)
            try target.finish(.init(size: size))
        }
    }
}
