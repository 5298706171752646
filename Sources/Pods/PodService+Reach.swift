import Linux
import NIOCore
import SystemPackage

/// How a client and a pod's attendant find each other.
extension PodService {
    /// An attendant ends a machine and writes a container's changes while it goes.
    private static let farewell: Duration = .seconds(130)
    /// Each round meets another attendant that is about to go: nobody meets so many.
    private static let rounds = 20
    /// How long a process may have a pod's lock that only looks at it, or has yet to make the socket.
    private static let patience: Duration = .seconds(10)

    /// Connects to a pod's attendant, which is started if there is none, and runs a body once that has taken the client
    /// in.
    func reach<Result>(
        _ record: PodRecord,
        _ request: ControlRequest,
        trace: Trace?,
        _ body: (PodSession) async throws -> Result
    ) async throws -> Result {
        let directory = store.directory(record.id)
        var pause = Duration.milliseconds(5)
        for _ in 0..<Self.rounds {
            let began = ContinuousClock.now
            try await launchIfUnattended(record)
            trace?.record("find an attendant", since: began)
            var isIn = false
            do {
                return try await PodSession.with(socket: directory.socket, request, waitsForReady: true) { session in
                    isIn = true
                    return try await body(session)
                }
            } catch let error as PodsError where !isIn && error.code == .leaving {
                try await waitUntilUnattended(record, atMost: Self.farewell)
            } catch let error as IOError where !isIn {
                // Whoever has the lock has no socket yet, or none any more.
                pause *= 2
                try await waitUntilUnattended(record, atMost: pause, else: error)
            }
        }
        throw PodsError(.conflict, "container \"\(record.name)\" starts and ends too often (stop it first)")
    }

    private func launchIfUnattended(_ record: PodRecord) async throws {
        let directory = store.directory(record.id)
        do {
            guard let lock = try FileLock.tryAcquire(directory.lock) else { return }
            guard (try? store.find(record.id)) != nil else { throw Self.isGone(record) }
            try await launcher.launch(record, holding: lock)
        } catch let error as LinuxError where error.errno == .noSuchFileOrDirectory {
            throw Self.isGone(record)
        }
    }

    /// Waits for a pod's lock, which its attendant keeps as long as it lives.
    private func waitUntilUnattended(
        _ record: PodRecord,
        atMost limit: Duration,
        else error: (any Error)? = nil
    ) async throws {
        let lock: FileLock?
        do {
            lock = try await FileLock.wait(for: store.directory(record.id).lock, atMost: limit)
        } catch let error as LinuxError where error.errno == .noSuchFileOrDirectory {
            throw Self.isGone(record)
        }
        if let lock { return lock.release() }
        guard let error, limit > Self.patience else {
            if error != nil { return }
            throw PodsError(.conflict, "container \"\(record.name)\" does not come to its end (see \"apus ps -a\")")
        }
        throw PodsError(.node, "the attendant of container \"\(record.name)\" does not answer", cause: error)
    }
}
