import FoundationEssentials
import Linux
import SystemPackage

/// Starts the attendants of a node's pods.
struct AttendantLauncher: Sendable {
    let node: NodeConfiguration
    let store: PodStore

    /// Starts a pod's attendant, which gets the pod's lock and its socket: no second one can come between, and clients
    /// may connect before the attendant has got so far.
    ///
    /// The node's daemon attends the pod if it runs, otherwise a process of the pod's own does.
    ///
    /// - Parameter alone: whether the pod is to start, if it does not run, without a client's asking.
    func launch(_ record: PodRecord, holding lock: consuming FileLock, alone: Bool = false) async throws {
        try makeRunFolder(record)
        let socket = try UnixSocket.listen(store.directory(record.id).socket)
        let request = DaemonRequest.attend(
            pod: record.id,
            environment: RegistryEnvironment.inherited,
            alone: alone
        )
        let descriptors = [socket.rawValue, lock.rawValue]
        if try await DaemonClient(node: node).ask(request, descriptors: descriptors) == nil {
            try spawn(record, socket, lock.rawValue, alone)
        }
        lock.release()
    }

    /// A pod that has ended has no folder for its run any more.
    private func makeRunFolder(_ record: PodRecord) throws {
        try FileManager.default.createDirectory(
            atPath: store.directory(record.id).run.string,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    private func spawn(_ record: PodRecord, _ socket: borrowing OwnedFD, _ lock: Int32, _ alone: Bool) throws {
        let directory = store.directory(record.id)
        let log = try OwnedFD.open(directory.attendantLog, .writeOnly, options: [.create, .append])
        var plan = SpawnPlan(node.program, AttendantArguments(node: node, podID: record.id, alone: alone).list)
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
