import FoundationEssentials
import Hypervisor
package import Images
import Linux
import Logging
import OCI
import Sandboxes
import SystemPackage

/// The pods of a node, for whoever offers them to users.
///
/// It keeps nothing in memory but events: what was declared and how it ended is on disk, what runs is with the pods'
/// attendants.
package struct PodService: Sendable {
    /// What the node was told.
    package let node: NodeConfiguration
    /// The node's images.
    package let images: ImageStore
    let store: PodStore
    let hub: PodEvents

    /// Opens a node's state.
    ///
    /// - Parameter events: who is told what this service does; the daemon's own hears of its attendants' pods, too.
    package init(node: NodeConfiguration, events: PodEvents = PodEvents()) throws {
        self.node = node
        hub = events
        images = try ImageStore(root: node.images, limits: node.imageLimits, defaultDomain: node.defaultRegistry)
        store = PodStore(node: node)
    }

    // MARK: Making and finding

    /// Declares a pod; everything that can be checked before it is started has been when this returns.
    package func create(_ spec: PodSpec, name: String? = nil) async throws -> PodRecord {
        let image = try images.image(spec.image)
        try images.verify(image)
        try spec.validate()
        try name.map(PodName.validate)
        _ = try LayerStack(image.layers, of: spec.image)
        // A daemon has found out how machines run when it started.
        if node.accelerator != .auto || !DaemonClient(node: node).isThere {
            _ = try await NodeHypervisor(node: node).resolve()
        }
        var record = PodRecord(
            id: Self.randomID(),
            name: name ?? "",
            spec: spec,
            imageID: image.id.description,
            commandLine: try ContainerPlan.commandLine(spec, image),
            created: Timestamp.now
        )
        // Nobody can remove the image between this look and the record that says that it is needed.
        try images.withImage(image.id.description) { _ in
            if name == nil { record = try store.insertWithFreeName(record) } else { try store.insert(record) }
        }
        hub.tell(PodEvent(.create, record))
        return record
    }

    /// The pod with this name or id, or an id that begins so.
    package func find(_ nameOrID: String) async throws -> PodSummary {
        let record = try store.find(nameOrID)
        return PodSummary(record, try await reconciler.status(of: record))
    }

    /// The node's pods, the newest first.
    package func list() async throws -> [PodSummary] {
        try store.sweep()
        var pods: [PodSummary] = []
        for record in try store.list() {
            pods.append(PodSummary(record, try await reconciler.status(of: record)))
        }
        return pods
    }

    // MARK: Running

    /// Starts a pod that does not run, and runs a body with the session of its process.
    ///
    /// - Parameters:
    ///   - attach: whether the process's output and input belong to this session.
    ///   - trace: what records this side's phases; with one the session brings the attendant's, too.
    package func start<Result>(
        _ record: PodRecord,
        attach: Bool,
        terminal: (rows: UInt16, columns: UInt16) = (24, 80),
        trace: Trace? = nil,
        _ body: (PodSession) async throws -> Result
    ) async throws -> Result {
        let request = ControlRequest.start(
            attach: attach,
            rows: terminal.rows,
            columns: terminal.columns,
            trace: trace != nil
        )
        return try await reach(record, request, trace: trace, body)
    }

    /// Attaches to the process of a pod that runs, or will run: of one that somebody else starts nothing is missed.
    ///
    /// - Parameter input: whether the process's input is this session's, and ends with it unless it is to stay open.
    package func attach<Result>(
        _ nameOrID: String,
        input: Bool = true,
        _ body: (PodSession) async throws -> Result
    ) async throws -> Result {
        let pod = try await find(nameOrID)
        return try await reach(pod.record, input ? .attach : .watch, trace: nil) { session in
            hub.tell(PodEvent(.attach, pod.record))
            return try await body(session)
        }
    }

    /// Starts a further process in a pod that runs.
    package func execute<Result>(
        _ nameOrID: String,
        _ spec: ExecSpec,
        terminal: (rows: UInt16, columns: UInt16) = (24, 80),
        _ body: (PodSession) async throws -> Result
    ) async throws -> Result {
        let request = ControlRequest.execute(spec, rows: terminal.rows, columns: terminal.columns)
        return try await PodSession.with(socket: try await running(nameOrID).socket, request, body)
    }

    /// Sends a signal to the process of a pod that runs.
    package func signal(_ nameOrID: String, _ number: UInt8) async throws {
        try await PodSession.with(socket: try await running(nameOrID).socket, .signal(number)) { session in
            for try await event in session.events where event == .started { return }
            throw PodsError(.node, "container \"\(nameOrID)\" ended before the signal arrived")
        }
    }

    // MARK: Logs

    /// A pod's log as it is now.
    ///
    /// - Parameter body: is called with each record, the oldest first.
    package func readLog(_ nameOrID: String, _ body: (LogRecord) async throws -> Void) async throws {
        let reader = LogReader(store.directory(try store.find(nameOrID).id).log)
        while let record = try reader.next() { try await body(record) }
    }

    /// Follows a pod's log from a record on until its process ends.
    package func followLog(
        _ nameOrID: String,
        skip: Int,
        _ body: (PodSession.Event) async throws -> Void
    ) async throws {
        try await PodSession.with(socket: try await running(nameOrID).socket, .followLog(skip: skip)) { session in
            for try await event in session.events { try await body(event) }
        }
    }

    // MARK: Removing

    /// Removes a pod.
    ///
    /// - Parameter force: kills it first when it runs.
    package func remove(_ nameOrID: String, force: Bool) async throws {
        let pod = try await find(nameOrID)
        if try !AttendantLock(store.directory(pod.record.id)).isFree() { try await end(pod, force: force) }
        guard (try? store.find(pod.record.id)) != nil else { return }
        try store.remove(pod.record.id)
        hub.tell(PodEvent(.destroy, pod.record))
    }

    /// Ends what is left of a pod's run; by force also a process that runs.
    private func end(_ pod: PodSummary, force: Bool) async throws {
        let directory = store.directory(pod.record.id)
        if !pod.state.isActive, await leaves(directory) {
            // It does not run, and will not.
        } else if force {
            // A pod that is still being started has no process to signal: then its machine goes, below.
            try? await withTimeout(.seconds(5), else: { CancellationError() }) {
                try await PodSession.with(socket: directory.socket, .stop(signal: 9, milliseconds: 0, keep: false)) {
                    for try await _ in $0.events {}
                }
            }
        } else {
            throw inTheWay(pod)
        }
        try await AttendantLock(directory).waitUntilFree(else: {
            try await VMRemains(directory.machine, id: pod.record.shortID).kill()
        })
    }

    /// Whether a pod's attendant lets go of it, or has gone.
    private func leaves(_ directory: PodDirectory) async -> Bool {
        do {
            try await PodSession.with(socket: directory.socket, .leave) { for try await _ in $0.events {} }
            return true
        } catch let error as PodsError {
            return error.code != .conflict
        } catch {
            return true
        }
    }

    private func inTheWay(_ pod: PodSummary) -> PodsError {
        let state =
            switch pod.state {
            case .running, .paused: "is running"
            case .restarting: "is restarting"
            case .created, .exited: "is being started"
            }
        let name = pod.record.name
        return PodsError(
            .conflict,
            "container \"\(name)\" \(state) (kill it first with \"apus kill \(name)\", or use \"apus rm -f\")"
        )
    }

    func running(_ nameOrID: String) async throws -> PodDirectory {
        let record = try store.find(nameOrID)
        guard try await reconciler.status(of: record).state.isActive else {
            throw PodsError(.conflict, "container \"\(record.name)\" is not running (see \"apus ps -a\")")
        }
        return store.directory(record.id)
    }

    var launcher: AttendantLauncher { AttendantLauncher(node: node, store: store) }
    var reconciler: PodReconciler { PodReconciler(store: store, launcher: launcher) }

    // MARK: Names

    private static func randomID() -> String {
        (0..<64).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
    }
}
