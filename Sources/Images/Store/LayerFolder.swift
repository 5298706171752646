import Linux
import OCI
import SystemPackage

/// The folder of one finished layer: its disk, and a record of the disk's length.
struct LayerFolder: Sendable {
    private struct Record: Codable {
        let size: Int64
    }

    let path: FilePath

    var disk: FilePath { path.appending("disk.erofs") }
    private var record: FilePath { path.appending("layer.json") }

    /// The disk's length as it was when the layer was made; 0 if the layer is gone.
    var size: Int64 {
        guard let bytes = try? File.read(record, limit: 4096) else { return 0 }
        return (try? JSONFile.decode(Record.self, bytes, name: "\(record)", code: .damaged))?.size ?? 0
    }

    var isIntact: Bool { RootDisk.isIntact(disk, size: size) }

    func writeRecord(size: Int64) throws {
        try AtomicFile.write(JSONFile.encode(Record(size: size)), to: record)
    }

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
