import Linux
import SystemPackage

/// Starts the attendants of a node's pods.
struct AttendantLauncher: Sendable {
    let node: NodeConfiguration
    let store: PodStore

    /// How long somebody else may have a pod's lock who only looks at it.
    private static let patience: Duration = .seconds(2)

    /// Starts the attendant of a pod that nobody attends.
    func launch(_ record: PodRecord) async throws {
        let lock = try await FileLock.wait(for: store.directory(record.id).lock, atMost: Self.patience)
        guard let lock else { throw PodsError(.conflict, "container \(record.name) has been started already") }
        try await launch(record, holding: lock)
    }

    /// Starts a pod's attendant, which gets the pod's lock and its socket: no second one can come between, and clients
    /// may connect before the attendant has got so far.
    ///
    /// The node's daemon attends the pod if it runs, otherwise a process of the pod's own does.
    func launch(_ record: PodRecord, holding lock: consuming FileLock) async throws {
        let socket = try UnixSocket.listen(store.directory(record.id).socket)
        let request = DaemonRequest.attend(pod: record.id, environment: RegistryEnvironment.inherited)
        let descriptors = [socket.rawValue, lock.rawValue]
        if try await DaemonClient(node: node).ask(request, descriptors: descriptors) == nil {
            try spawn(record, socket, lock.rawValue)
        }
        lock.release()
    }

    private func spawn(_ record: PodRecord, _ socket: borrowing OwnedFD, _ lock: Int32) throws {
        let directory = store.directory(record.id)
        let log = try OwnedFD.open(directory.attendantLog, .writeOnly, options: [.create, .append])
        var plan = SpawnPlan(node.program, AttendantArguments(node: node, podID: record.id).list)
        plan.descriptors = [
            .init(source: log.rawValue, target: 1), .init(source: log.rawValue, target: 2),
            .init(source: socket.rawValue, target: AttendantArguments.socket),
            .init(source: lock, target: AttendantArguments.lock),
        ]
        plan.newSession = true
        plan.environment = RegistryEnvironment.inherited
        _ = try ChildProcess.spawn(plan)
    }
}
