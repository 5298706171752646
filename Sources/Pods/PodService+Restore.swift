/// What the node's daemon does for pods when it starts.
extension PodService {
    /// How many pods start at the same time.
    private static let atOnce = 4

    /// Gives each pod that runs, or is to start again, an attendant, and starts those whose policy wants it.
    ///
    /// - Parameter complain: is told what goes wrong with one pod, which is nothing to the others.
    package func restore(_ complain: @escaping @Sendable (PodRecord, any Error) -> Void) async throws {
        let records = try store.list()
        var starting: [PodRecord] = []
        for record in records {
            let status = store.status(of: record.id)
            let starts = RestartSchedule.startsWithDaemon(record.spec.restart, status)
            // Those that run come first: their output waits.
            if status.state.isRunning {
                await look(at: record, complain)
            } else if starts || status.state.isActive {
                starting.append(record)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, record) in starting.enumerated() {
                if number >= Self.atOnce { try await group.next() }
                group.addTask { await begin(record, complain) }
            }
            try await group.waitForAll()
        }
    }

    private func look(at record: PodRecord, _ complain: (PodRecord, any Error) -> Void) async {
        do { _ = try await reconciler.status(of: record) } catch { complain(record, error) }
    }

    private func begin(_ record: PodRecord, _ complain: (PodRecord, any Error) -> Void) async {
        do {
            guard !(try await reconciler.status(of: record)).state.isActive else { return }
            _ = try await start(record.id)
        } catch {
            complain(record, error)
        }
    }
}
