package import SystemPackage

extension FileLock {
    /// Runs a body while holding the lock; waits for it first, as `acquire(_:)` does.
    package static func withLock<Result>(_ path: FilePath, _ body: () throws -> Result) throws -> Result {
        let lock = try acquire(path)
        let result = Swift.Result { try body() }
        lock.release()
        return try result.get()
    }

    /// Runs a body while holding the lock, unless somebody else holds it.
    ///
    /// - Returns: `nil` when somebody else does.
    package static func withLockIfFree<Result>(_ path: FilePath, _ body: () throws -> Result) throws -> Result? {
        guard let lock = try tryAcquire(path) else { return nil }
        let result = Swift.Result { try body() }
        lock.release()
        return try result.get()
    }

    /// Gives the lock up now rather than at the end of its scope.
    package consuming func release() {}
}
