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
        try File.synchronize(disk)
        let record = Record(
            size: layer.diskSize,
            uncompressedSize: layer.uncompressedSize,
            hidesLowerLayers: layer.hidesLowerLayers ? true : nil
        )
        try File.writeAtomically(JSONFile.encode(record), to: self.record)
    }

    func layer(diffID: Digest) -> Layer { Layer(diffID: diffID, disk: disk, size: size) }

    /// Takes over the files of an intact layer by hard links, so that they outlive its removal.
    ///
    /// - Returns: `false` if there is no intact layer.
    func link(from other: LayerFolder) throws -> Bool {
        guard other.isIntact else { return false }
        try File.createFolder(path)
        guard File.link(other.disk, to: disk), File.link(other.record, to: record), isIntact else {
            try File.remove(path)
            return false
        }
        return true
    }
}
