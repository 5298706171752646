/// Runs cancellable work with a bound on its time.
///
/// The work is cancelled when the time is over, and `late` is thrown once it has returned.
func withDeadline<Result: Sendable>(
    _ limit: Duration,
    late: @autoclosure () -> HypervisorError,
    _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let result = try await withThrowingTaskGroup(of: Result?.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        return try await group.next() ?? nil
    }
    guard let result else { throw late() }
    return result
}
