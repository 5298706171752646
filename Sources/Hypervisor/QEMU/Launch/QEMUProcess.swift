import Linux
import Synchronization
import SystemPackage

/// The process of one machine with all that is to be cleaned up after it.
final class QEMUProcess: Sendable {
    let record: VMMRecord
    private let place: Mutex<VMDirectory>
    private let handle: ProcessHandle

    /// How long a killed process may take to be gone; freeing a large guest's memory takes the kernel a moment.
    private static let patience = Duration.seconds(10)

    init(record: VMMRecord, directory: VMDirectory, handle: consuming ProcessHandle) {
        self.record = record
        place = Mutex(directory)
        self.handle = handle
    }

    /// Where the machine's sockets, record and logs are now.
    var directory: VMDirectory { place.withLock { $0 } }

    /// Renames the machine's folder; whoever has files or connections open there keeps them.
    func relocate(to directory: VMDirectory) throws {
        try place.withLock { place in
            try AtomicFile.rename(place.path, to: directory.path)
            place = directory
        }
    }

    /// Starts QEMU in a session and a control group of its own, and records which process it is.
    ///
    /// Blocks for the milliseconds until exec. After an error nothing is left running.
    static func launch(
        _ qemu: QEMU,
        _ arguments: QEMUArguments,
        in directory: VMDirectory
    ) throws -> QEMUProcess {
        try arguments.configuration.validate()
        try directory.prepare()
        do {
            // Both sockets listen before QEMU runs: whoever connects early waits instead of failing.
            let launch = try arguments.launch(
                monitor: UnixSocket.listen(directory.monitorSocket),
                agent: UnixSocket.listen(directory.agentSocket)
            )
            let handle = try spawn(qemu, arguments, launch, directory)
            return try record(handle, arguments.configuration.id, directory)
        } catch {
            directory.removeSockets()
            throw error
        }
    }

    private static func spawn(
        _ qemu: QEMU,
        _ arguments: QEMUArguments,
        _ launch: borrowing QEMULaunch,
        _ directory: VMDirectory
    ) throws -> ProcessHandle {
        let configuration = arguments.configuration
        let log = try OwnedFD.open(directory.log, .writeOnly, options: [.create, .truncate, .append])
        var plan = SpawnPlan(qemu, configuration, directory, launch.arguments)
        plan.descriptors = [.init(source: log.rawValue, target: 1), .init(source: log.rawValue, target: 2)]
        plan.descriptors += launch.descriptors.mappings
        plan.ignoresHolePunching = arguments.sharesTemplate
        let bounds = VMMBounds(configuration, sharesTemplate: arguments.sharesTemplate)
        plan.cgroup = try HostCgroup.create(configuration.id, limits: bounds.group)
        do { return try withExtendedLifetime(log) { try ChildProcess.spawn(plan) } } catch {
            plan.cgroup?.remove()
            throw error
        }
    }

    private static func record(
        _ handle: consuming ProcessHandle,
        _ id: String,
        _ directory: VMDirectory
    ) throws -> QEMUProcess {
        do {
            let record = VMMRecord(id: id, bootID: try HostMachine.bootID(), process: handle.identity)
            try record.write(to: directory)
            return QEMUProcess(record: record, directory: directory, handle: handle)
        } catch {
            try? handle.kill()
            throw error
        }
    }

    var isAlive: Bool { handle.isAlive }

    /// Waits until the process has ended; `nil` if it still runs when the time is over.
    func waitForExit(timeout: Duration? = nil) async throws -> ProcessExit? {
        try await handle.waitForExit(timeout: timeout)
    }

    /// Kills the process, waits until it is gone and removes its sockets and control group; may be repeated.
    func end() async throws {
        try handle.kill()
        // A cancelled task must clean up too: it would leave a zombie and a control group behind.
        guard try await handle.waitForExit(uncancellable: Self.patience) != nil else {
            throw HypervisorError(
                .timeout,
                "\(record.process) of \"\(record.id)\" does not end (look at its kernel stack)"
            )
        }
        cleanUp()
    }

    /// Removes what a process that is gone has left, except its logs.
    func cleanUp() {
        HostCgroup.named(record.id).remove()
        directory.removeSockets()
    }

    /// The end of what QEMU wrote to its log, on one line.
    static func lastWords(_ directory: VMDirectory) -> String {
        let lines = ConsoleLog.lines((try? WholeFile.tail(directory.log, limit: 4096)) ?? [], 5)
        return lines.isEmpty ? "it said nothing" : lines.joined(separator: " | ")
    }
}
