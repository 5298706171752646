import Linux

/// Runs calls that block on a thread of their own, so that the cooperative pool never waits for a disk.
package enum OffPool {
    /// Runs a piece of work and waits for its end.
    package static func run<Success: Sendable>(_ work: @escaping @Sendable () throws -> Success) async throws -> Success
    {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try DedicatedThread.start { continuation.resume(with: Result { try work() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
