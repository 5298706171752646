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
        try launch(record, holding: lock)
    }

    /// Starts a pod's attendant, which inherits the pod's lock and its socket: no second one can come between, and
    /// clients may connect before the process has got so far.
    func launch(_ record: PodRecord, holding lock: consuming FileLock) throws {
        let directory = store.directory(record.id)
        let socket = try UnixSocket.listen(directory.socket)
        let log = try OwnedFD.open(directory.attendantLog, .writeOnly, options: [.create, .append])
        var plan = SpawnPlan(node.program, AttendantArguments(node: node, podID: record.id).list)
        plan.descriptors = [
            .init(source: log.rawValue, target: 1), .init(source: log.rawValue, target: 2),
            .init(source: socket.rawValue, target: AttendantArguments.socket),
            .init(source: lock.rawValue, target: AttendantArguments.lock),
        ]
        plan.newSession = true
        plan.environment = RegistryEnvironment.inherited
        _ = try ChildProcess.spawn(plan)
        lock.release()
    }
}
