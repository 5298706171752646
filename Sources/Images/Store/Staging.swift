import Linux
import OCI
import SystemPackage

/// A folder of work in progress; it lives as long as its lock, even if its owner is killed.
final class Staging: Sendable {
    let path: FilePath
    private let lock: FileLock

    private init(path: FilePath, lock: consuming FileLock) {
        self.path = path
        self.lock = lock
    }

    /// Where finished layers wait for their place in the store.
    var layers: FilePath { path.appending("layers") }

    /// Makes a new folder, and finds those whose owners have died.
    ///
    /// Both happen under the store's lock: a folder that has no lock yet is never taken for a dead one.
    static func create(in layout: StoreLayout) throws -> (staging: Staging, stale: [Staging]) {
        let store = try FileLock.acquire(layout.lock)
        defer { withExtendedLifetime(store) {} }
        let stale = try claimStale(in: layout)
        let path = layout.staging.appending(String(UInt64.random(in: .min ... .max), radix: 16))
        try File.createFolder(path.appending("layers"))
        guard let lock = try FileLock.tryAcquire(path.appending("lock")) else {
            throw ImageError(.system, "\(path) is in use by another process (try again)")
        }
        return (Staging(path: path, lock: lock), stale)
    }

    /// Takes over the folders of dead owners; the caller holds the store's lock.
    static func claimStale(in layout: StoreLayout) throws -> [Staging] {
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
