import Linux
import OCI
import SystemPackage

/// A folder in which an image is put together; it lives as long as its lock, even if its owner is killed.
final class Staging: Sendable {
    let path: FilePath
    private let lock: FileLock

    private init(path: FilePath, lock: consuming FileLock) {
        self.path = path
        self.lock = lock
    }

    /// Where blobs wait for their place in the store.
    var blobs: BlobFolder { BlobFolder(path: path.appending("blobs")) }
    /// Where finished layers wait for theirs.
    var layers: FilePath { path.appending("layers") }

    /// Where disks that are fetched on demand wait, laid out as in the store.
    var lazy: FilePath { path.appending("lazy") }

    /// Where lists of what is attached to manifests wait.
    var referrers: FilePath { path.appending("referrers") }

    func layer(_ diffID: Digest) -> LayerFolder { LayerFolder(path: layers.appending(diffID.hex)) }

    /// A name for a file of the work, which goes with the folder.
    func temporary() -> FilePath { path.appending("tmp-\(String(UInt64.random(in: .min ... .max), radix: 16))") }

    /// Makes a new folder, and finds those whose owners have died.
    ///
    /// Both happen under the store's lock: a folder that has no lock yet is never taken for a dead one.
    static func create(in layout: StoreLayout) throws -> (staging: Staging, stale: [Staging]) {
        try FileLock.withLock(layout.lock) {
            let stale = try claimStale(in: layout)
            let path = layout.staging.appending(String(UInt64.random(in: .min ... .max), radix: 16))
            for folder in ["layers", "blobs", "referrers"] { try File.createFolder(path.appending(folder)) }
            guard let lock = try FileLock.tryAcquire(path.appending("lock")) else {
                throw ImageError(.system, "\(path) is in use by another process (try again)")
            }
            return (Staging(path: path, lock: lock), stale)
        }
    }

    /// Takes over the folders of dead owners; the caller holds the store's lock.
    private static func claimStale(in layout: StoreLayout) throws -> [Staging] {
        try File.names(in: layout.staging).compactMap { name in
            let path = layout.staging.appending(name)
            guard let lock = try FileLock.tryAcquire(path.appending("lock")) else { return nil }
            return Staging(path: path, lock: lock)
        }
    }

    /// Removes the folder, whatever is in it, and lets go of the lock.
    func discard() throws(ImageError) {
        defer { withExtendedLifetime(self) {} }
        try File.remove(path)
    }
}

extension ImageStore {
    /// Gives work a staging folder, and removes it afterwards whatever happened.
    func withStaging<Success: Sendable>(_ body: (Staging) async throws -> Success) async throws -> Success {
        let layout = layout
        let (staging, stale) = try await Blocking.run { _ in try Staging.create(in: layout) }
        do {
            try await Self.discard(stale)
            let result = try await body(staging)
            try await Self.discard([staging])
            return result
        } catch {
            // The failure of the work is what the caller has to hear; the next change sweeps what stays.
            try? await Self.discard([staging])
            throw error
        }
    }

    private static func discard(_ folders: [Staging]) async throws {
        try await Blocking.run { _ in
            for folder in folders { try folder.discard() }
        }
    }
}
