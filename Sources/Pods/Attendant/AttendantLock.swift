import Linux
import SystemPackage

/// The lock that a pod's attendant holds as long as it lives.
struct AttendantLock {
    let directory: PodDirectory

    init(_ directory: PodDirectory) {
        self.directory = directory
    }

    /// Waits until no attendant is left.
    ///
    /// - Parameter lastResort: is done once when that takes longer than 10 s.
    func waitUntilFree(else lastResort: () async throws -> Void) async throws {
        for attempt in 0... {
            if try isFree() { return }
            if attempt == 200 { try await lastResort() }
            guard attempt < 400 else {
                throw PodsError(
                    .node,
                    "the attendant of the pod in \(directory.data) does not end (see \(directory.attendantLog))"
                )
            }
            // A lock that its holder's death frees makes no event that could be waited for.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Whether nobody holds it; a pod that its attendant has removed has none any more.
    func isFree() throws -> Bool {
        do {
            return try FileLock.withLockIfFree(directory.lock) { true } ?? false
        } catch let error as LinuxError where error.errno == .noSuchFileOrDirectory {
            return true
        }
    }
}
