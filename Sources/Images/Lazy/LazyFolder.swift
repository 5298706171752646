import Linux
import OCI
import SystemPackage

/// The folder of one disk that is fetched on demand.
struct LazyFolder: Sendable {
    let path: FilePath

    /// As long as the whole disk from the beginning; what has not been fetched is a hole.
    var disk: FilePath { path.appending("disk.erofs") }
    /// The hashes of the disk's chunks.
    var chunks: FilePath { path.appending("chunks") }
    /// Held by the process that fetches what nobody has asked for.
    var lock: FilePath { path.appending("lock") }
    /// Made when the whole disk had been verified.
    private var mark: FilePath { path.appending("whole") }

    /// Whether every byte is there.
    func isWhole(_ size: Int64) -> Bool { File.exists(mark) && RootDisk.isIntact(disk, size: size) }

    /// Makes the folder of a disk of which nothing is there.
    func create(_ table: [UInt8], size: Int64) throws {
        try File.createFolder(path)
        let file = try File.create(disk)
        do { try file.descriptor.resize(to: size) } catch { throw ImageError.system("make \(disk)", error) }
        try File.writeAtomically(table, to: chunks)
    }

    /// Notes that every byte is there and has been verified.
    func finish() throws {
        try File.synchronize(disk)
        try File.writeAtomically([], to: mark)
    }
}

extension ImageStore {
    /// Moves staged folders and records into place; what is there of a disk stays, because it has some of the bytes.
    static func publishLazy(of staging: Staging, in layout: StoreLayout) throws {
        let names = File.names(in: staging.lazy)
        guard !names.isEmpty else { return }
        try File.createFolder(layout.lazy)
        for name in names {
            let (new, place) = (staging.lazy.appending(name), layout.lazy.appending(name))
            if name.hasSuffix(".json") {
                try File.replace(place, with: new)
            } else if !File.exists(place) {
                try File.move(new, to: place)
            }
        }
        try AtomicFile.syncDirectory(layout.lazy)
    }
}
