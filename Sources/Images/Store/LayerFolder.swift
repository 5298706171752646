import Linux
import OCI
import SystemPackage

/// The folder of one finished layer: its disk, and a record of the disk's length.
struct LayerFolder: Sendable {
    /// What is remembered of a conversion.
    struct Record: Codable {
        /// The disk's length in bytes.
        let size: Int64
        /// The archive's length in bytes.
        var uncompressedSize: Int64?
        /// Whether nothing of the layers below it can be seen.
        var hidesLowerLayers: Bool?
    }

    let path: FilePath

    var disk: FilePath { path.appending("disk.erofs") }
    private var record: FilePath { path.appending("layer.json") }
    private var implicit: FilePath { path.appending("implied.json") }

    /// What is remembered of the layer; `nil` if it is gone.
    var contents: Record? {
        guard let bytes = try? File.read(record, limit: 4096) else { return nil }
        return try? JSONFile.decode(Record.self, bytes, name: "\(record)", code: .damaged)
    }

    /// The disk's length as it was when the layer was made; 0 if the layer is gone.
    var size: Int64 { contents?.size ?? 0 }

    var isIntact: Bool { RootDisk.isIntact(disk, size: size) }

    /// Writes down what the layer is, when its disk is finished and safely stored.
    func finish(_ layer: ConvertedLayer) throws {
        if !layer.implicitFolders.isEmpty {
            let paths = layer.implicitFolders.prefix(Self.mostImplicitFolders)
            try File.writeAtomically(JSONFile.encode(Array(paths)), to: implicit)
        }
        try finish(
            Record(
                size: layer.diskSize,
                uncompressedSize: layer.uncompressedSize,
                hidesLowerLayers: layer.hidesLowerLayers ? true : nil
            )
        )
    }

    func finish(_ record: Record) throws {
        try File.synchronize(disk)
        try File.writeAtomically(JSONFile.encode(record), to: self.record)
    }

    /// Folders that entries of the layer lie in and that it has no entry for.
    var implicitFolders: [[UInt8]] {
        guard let bytes = try? File.read(implicit, limit: 64 << 20) else { return [] }
        return (try? JSONFile.decode([[UInt8]].self, bytes, name: "\(implicit)", code: .damaged)) ?? []
    }

    /// How many of them are remembered: builders that leave out parents have a handful, and each costs a look into
    /// every layer.
    private static let mostImplicitFolders = 1000

    func layer(diffID: Digest) -> Layer { Layer(diffID: diffID, disk: disk, size: size) }

    /// Takes over the files of an intact layer by hard links, so that they outlive its removal.
    ///
    /// - Returns: `false` if there is no intact layer.
    func link(from other: LayerFolder) throws -> Bool {
        guard other.isIntact else { return false }
        try File.createFolder(path)
        // There is none in most layers.
        _ = File.link(other.implicit, to: implicit)
        guard File.link(other.disk, to: disk), File.link(other.record, to: record), isIntact else {
            try File.remove(path)
            return false
        }
        return true
    }
}
