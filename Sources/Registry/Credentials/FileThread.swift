import Linux
import OCI

/// Runs short work on files on a thread of its own, so that the cooperative pool never waits for a disk.
enum FileThread {
    /// Runs the work to its end, even in a cancelled task; the stage is for the message, as in "cannot …".
    static func run<Success: Sendable>(
        _ stage: String,
        _ work: @escaping @Sendable () throws -> Success
    ) async throws(ImageError) -> Success {
        let result: Result<Success, any Error> = await withCheckedContinuation { continuation in
            do {
                try DedicatedThread.start { continuation.resume(returning: Result { try work() }) }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        do {
            return try result.get()
        } catch {
            throw .system(stage, error)
        }
    }
}
