import Linux
import NIOCore

/// Waiting for ends.
extension PodService {
    /// Waits for a pod's end and tells it.
    ///
    /// - Throws: `PodsError` `.notFound` when there is no such pod, and when it is removed before it comes to a next end.
    package func wait(_ nameOrID: String, for condition: WaitCondition = .notRunning) async throws -> PodExit {
        let pod = try await find(nameOrID)
        var last = (runs: ended(store.status(of: pod.record.id)), exit: Self.exit(of: pod.state))
        var pause = Duration.milliseconds(20)
        while true {
            if let exit = try await askAttendant(pod.record, condition) { return exit }
            // Without an attendant, what happens is seen on disk alone: any process may do it, and none tells. So this is
            // a look at the disk now and then, as long as the caller waits.
            guard (try? store.find(pod.record.id)) != nil else {
                guard condition == .removed else { throw Self.isGone(pod.record) }
                return last.exit
            }
            let status = try await reconciler.status(of: pod.record)
            switch condition {
            case .notRunning where !status.state.isActive: return Self.exit(of: status.state)
            case .nextExit where ended(status) > last.runs: return Self.exit(of: status.state)
            default: last.exit = Self.exit(of: status.state)
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(500))
        }
    }

    /// What the pod's attendant says; `nil` without one, and from one that goes before it comes to that.
    private func askAttendant(_ record: PodRecord, _ condition: WaitCondition) async throws -> PodExit? {
        let directory = store.directory(record.id)
        guard try !AttendantLock(directory).isFree() else { return nil }
        do {
            return try await PodSession.with(socket: directory.socket, .wait(condition)) { session in
                for try await event in session.events { if case .ended(let exit) = event { return exit } }
                return nil
            }
        } catch let error as PodsError where error.code == .leaving {
            return nil
        } catch is IOError {
            return nil
        }
    }

    /// How many of its runs have ended.
    private func ended(_ status: PodStatus) -> Int { status.state.isRunning ? status.runs - 1 : status.runs }

    /// What Docker tells of a pod that has never ended: nothing went wrong.
    private static func exit(of state: PodState) -> PodExit {
        switch state {
        case .exited(let exit), .restarting(let exit): exit
        case .created, .running, .paused: PodExit(code: 0, finished: 0)
        }
    }

    static func isGone(_ record: PodRecord) -> PodsError {
        PodsError(.notFound, "container \"\(record.name)\" has been removed")
    }
}
