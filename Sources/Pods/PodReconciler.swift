import Hypervisor
import Linux

/// Brings together what is recorded of a pod and what is there.
struct PodReconciler: Sendable {
    let store: PodStore
    let launcher: AttendantLauncher

    /// A pod's state, after putting right what a crash has left.
    ///
    /// A machine whose process runs gets a new attendant, one whose process was never started is ended, a pod that is to
    /// start again does, and a pod without a machine has ended.
    func status(of record: PodRecord) async throws -> PodStatus {
        let status = store.status(of: record.id)
        guard needsLook(status, record), let lock = try FileLock.tryAcquire(store.directory(record.id).lock) else {
            return status
        }
        // While the lock was being taken its last holder may have finished the pod properly, and even removed it.
        var latest = store.status(of: record.id)
        let remains = VMRemains(store.directory(record.id).machine, id: record.shortID)
        if latest.state.isRunning, remains.isAlive {
            try await launcher.launch(record, holding: lock)
            return latest
        }
        try await remains.kill()
        if latest.state.isRunning { latest = recordLoss(latest, of: record) }
        if case .restarting = latest.state {
            try await launcher.launch(record, holding: lock, alone: true)
            return latest
        }
        if latest.state.exit != nil {
            if record.spec.autoRemove { try store.remove(record.id) } else { try store.removeRun(record.id) }
        }
        lock.release()
        return latest
    }

    /// A pod that has ended is in order when nothing of its run is left.
    private func needsLook(_ status: PodStatus, _ record: PodRecord) -> Bool {
        status.state.exit == nil || (try? FileStatus(store.directory(record.id).machine.record)) != nil
    }

    private func recordLoss(_ status: PodStatus, of record: PodRecord) -> PodStatus {
        let loss = "container \(record.name) and its machine were lost while nobody attended them"
        var status = status
        var schedule = RestartSchedule(record.spec.restart, restarts: status.restarts)
        _ = status.end(PodExit(code: 255, error: loss, finished: Timestamp.now), &schedule, mayRestart: true)
        // A full disk must not keep the pod from being seen as what it is, and removed.
        try? store.setStatus(status, of: record)
        return status
    }
}
