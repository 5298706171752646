/// Runs an operation and cancels it when it takes too long.
///
/// - Throws: `error()` when the time is over first.
package func withTimeout<Result: Sendable>(
    _ limit: Duration,
    else error: @escaping @Sendable () -> any Error,
    _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else { throw error() }
        return result
    }
}
