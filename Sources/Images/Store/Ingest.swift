import Linux
import OCI
import SystemPackage

/// The folder of a blob that is on its way into the store, for everybody who wants that blob.
///
/// It holds the beginning of a download, so that the next try continues there, and the finished layer, so that those
/// who waited for it need not do the work again. Whoever works in it holds its lock.
struct Ingest: Sendable {
    let path: FilePath

    /// What has been fetched so far.
    var partial: FilePath { path.appending("partial") }
    /// The whole blob, verified.
    var blob: FilePath { path.appending("blob") }
    private var lock: FilePath { path.appending("lock") }

    func layer(_ diffID: Digest) -> LayerFolder { LayerFolder(path: path.appending(diffID.hex)) }

    /// Takes the lock, waiting for whoever has it.
    func acquire() async throws -> FileLock {
        while true {
            try Task.checkCancellation()
            try File.createFolder(path)
            do {
                let lock = try await FileLock.wait(for: lock)
                if isCurrent(lock) { return lock }
            } catch let error as LinuxError where error.errno == .noSuchFileOrDirectory {
                // The last holder removed the folder between the two calls.
                continue
            }
        }
    }

    /// Removes the folder, unless somebody works in it.
    func removeIfIdle() throws {
        guard File.exists(lock), let lock = try? FileLock.tryAcquire(lock), isCurrent(lock) else { return }
        try File.remove(path)
    }

    /// Whether the lock is on the file that has the lock's name now: the last holder may have removed the folder.
    private func isCurrent(_ held: borrowing FileLock) -> Bool {
        guard let now = try? lock.stat(), let mine = try? FileDescriptor(rawValue: held.rawValue).stat() else {
            return false
        }
        return now.inode == mine.inode && now.deviceID == mine.deviceID
    }
}

extension ImageStore {
    /// Works on a blob while nobody else does, in this process or another.
    func withIngest<Result: Sendable>(
        _ digest: Digest,
        _ body: (Ingest) async throws -> Result
    ) async throws -> Result {
        try await turns.withTurn(digest) {
            let ingest = Ingest(path: layout.ingest.appending(digest.hex))
            let lock = try await ingest.acquire()
            let result = try await body(ingest)
            lock.release()
            return result
        }
    }
}
