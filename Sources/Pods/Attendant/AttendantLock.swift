import Linux
import SystemPackage

/// The lock that a pod's attendant holds as long as it lives.
struct AttendantLock {
    let directory: PodDirectory

    init(_ directory: PodDirectory) {
        self.directory = directory
    }

    /// Long enough for an attendant that ends its machine.
    private static let patience: Duration = .seconds(10)

    /// Waits until no attendant is left.
    ///
    /// - Parameter lastResort: is done once when that takes longer than 10 s.
    func waitUntilFree(else lastResort: () async throws -> Void) async throws {
        if try await becomesFree() { return }
        try await lastResort()
        guard try await becomesFree() else {
            throw PodsError(
                .node,
                "the attendant of the pod in \(directory.data) does not end (see \(directory.attendantLog))"
            )
        }
    }

    private func becomesFree() async throws -> Bool {
        do {
            guard let lock = try await FileLock.wait(for: directory.lock, atMost: Self.patience) else { return false }
            lock.release()
            return true
        } catch let error as LinuxError where error.errno == .noSuchFileOrDirectory {
            return true
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
