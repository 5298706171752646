import Sandboxes
import Synchronization

/// Where a pod's status is kept; of several tasks that change it, the last one to write has the latest.
final class StatusFile: Sendable {
    private let store: PodStore
    private let record: PodRecord
    private let life: Observed<PodLife>
    private let writing = Mutex(())

    init(_ store: PodStore, _ record: PodRecord, _ life: Observed<PodLife>) {
        (self.store, self.record, self.life) = (store, record, life)
    }

    /// Changes the status and writes it.
    @discardableResult
    func change<Result: Sendable>(_ change: (inout PodLife) -> Result) throws -> Result {
        let result = life.update(change)
        try writing.withLock { _ in try store.setStatus(life.value.status, of: record) }
        return result
    }
}
