import Images
import Linux
import Sandboxes

/// A pod's whole life: starts and ends, as often as wanted.
extension PodService {
    /// What happens to the pods that this process attends or changes.
    ///
    /// - Parameter time: a time from which on earlier events are told, too, as far as they are kept.
    package func events(since time: Int64? = nil) -> PodEvents.Events { hub.events(since: time) }

    /// Tells of something that a front end did with a pod, such as the declaration of a further process.
    package func report(_ action: PodEvent.Action, of pod: PodRecord, _ attributes: [String: String] = [:]) {
        hub.tell(PodEvent(action, pod, attributes))
    }

    /// Starts a pod and returns once its process runs; one that has ended before finds its changes.
    ///
    /// - Returns: `false` when it runs already, or will by itself.
    /// - Throws: `PodsError`: `.conflict` when it is paused, and why it cannot start.
    package func start(_ nameOrID: String) async throws -> Bool {
        let pod = try await find(nameOrID)
        if pod.state.isPaused {
            let name = pod.record.name
            throw PodsError(.conflict, "container \"\(name)\" is paused (let it go on with \"apus unpause \(name)\")")
        }
        guard !pod.state.isActive else { return false }
        try await start(pod.record, attach: false) { try await Self.untilStarted($0, pod.record.name) }
        return true
    }

    /// Waits until a session's process runs.
    package static func untilStarted(_ session: PodSession, _ name: String) async throws {
        for try await event in session.events where event == .started { return }
        throw PodsError(.node, "container \(name) ended while it started (see \"apus logs \(name)\")")
    }

    /// Stops a pod and returns when nothing of its run is left; it does not start again by itself.
    ///
    /// - Parameters:
    ///   - signal: what asks its process to end; by default the pod's, the image's, or SIGTERM.
    ///   - patience: how long that may take until it is killed; without end if negative, by default the pod's or 10 s.
    /// - Returns: `false` when it does not run.
    @discardableResult
    package func stop(_ nameOrID: String, signal: UInt8? = nil, patience: Duration? = nil) async throws -> Bool {
        try await stop(nameOrID, signal, patience, keep: false)
    }

    /// Stops a pod if it runs, and starts it.
    package func restart(_ nameOrID: String, signal: UInt8? = nil, patience: Duration? = nil) async throws {
        let record = try store.find(nameOrID)
        try await stop(record.id, signal, patience, keep: true)
        _ = try await start(record.id)
        hub.tell(PodEvent(.restart, record))
    }

    @discardableResult
    private func stop(_ nameOrID: String, _ signal: UInt8?, _ patience: Duration?, keep: Bool) async throws -> Bool {
        let pod = try await find(nameOrID)
        guard pod.state.isActive else { return false }
        let spec = pod.record.spec
        let patience = patience ?? spec.stopPatience ?? .seconds(10)
        let request = ControlRequest.stop(
            signal: try signal ?? stopSignal(of: pod.record),
            milliseconds: patience < .zero ? nil : Int64(min(patience / .milliseconds(1), 1e15)),
            keep: keep
        )
        do {
            try await PodSession.with(socket: store.directory(pod.record.id).socket, request) { session in
                for try await event in session.events { if case .ended = event { return } }
            }
        } catch let error as PodsError where error.code == .conflict {
            // It has ended by itself meanwhile.
            return false
        }
        return true
    }

    private func stopSignal(of record: PodRecord) throws -> UInt8 {
        ContainerPlan(record: record, image: try images.image(record.imageID)).stopSignal
    }

    /// Stops the time of a pod's processes.
    package func pause(_ nameOrID: String) async throws { try await tell(.pause(true), to: nameOrID) }

    /// Lets a paused pod's processes go on.
    package func unpause(_ nameOrID: String) async throws { try await tell(.pause(false), to: nameOrID) }

    /// Makes a request that is answered when it is done.
    func tell(_ request: ControlRequest, to nameOrID: String) async throws {
        try await PodSession.with(socket: try await running(nameOrID).socket, request) { session in
            for try await event in session.events where event == .started { return }
            throw PodsError(.node, "container \"\(nameOrID)\" ended meanwhile")
        }
    }

    /// Gives a pod another name.
    package func rename(_ nameOrID: String, to name: String) async throws {
        try PodName.validate(name)
        let (old, new) = try store.rename(try store.find(nameOrID).id, to: name)
        hub.tell(PodEvent(.rename, new, ["oldName": old.name]))
    }
}
