import Hypervisor
import Linux

/// Brings together what is recorded of a pod and what is there.
struct PodReconciler: Sendable {
    let store: PodStore
    let launcher: AttendantLauncher

    /// A pod's state, after putting right what a crash has left: a machine whose process runs gets a new attendant, one
    /// whose process was never started is ended, and a pod without a machine has ended.
    func state(of record: PodRecord) async throws -> PodState {
        let state = store.state(of: record.id)
        let directory = store.directory(record.id)
        guard state.exit == nil, let lock = try FileLock.tryAcquire(directory.lock) else { return state }
        // While the lock was being taken its last holder may have finished the pod properly.
        let latest = store.state(of: record.id)
        let remains = VMRemains(directory.machine)
        switch latest {
        case .exited: break
        case .created: try await remains.kill()
        case .running where remains.isAlive:
            try await launcher.launch(record, holding: lock)
            return latest
        case .running:
            try await remains.kill()
            return try recordLoss(of: record)
        }
        lock.release()
        return latest
    }

    private func recordLoss(of record: PodRecord) throws -> PodState {
        let loss = "container \(record.name) and its machine were lost while nobody attended them"
        let state = PodState.exited(PodExit(code: 255, error: loss, finished: Timestamp.now))
        // A full disk must not keep the pod from being seen as what it is, and removed.
        try? store.setState(state, of: record)
        if record.spec.autoRemove { try store.remove(record.id) } else { try store.removeRun(record.id) }
        return state
    }
}
