/// Runs a body, and cancels it when it takes longer.
func within<Result: Sendable>(
    _ patience: Duration,
    _ what: String,
    _ body: @Sendable @escaping () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: patience)
            throw CommandFailure(description: "\(what) did not end within \(patience)")
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw CancellationError() }
        return result
    }
}

/// Waits until a condition holds.
///
/// What other processes do makes no event here, so it has to be looked at again and again.
func eventually(
    _ what: String,
    within patience: Duration = .seconds(20),
    _ condition: @Sendable () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + patience
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < end else {
            throw CommandFailure(description: "waited \(patience) in vain for \(what)")
        }
        try await Task.sleep(for: .milliseconds(40))
    }
}
