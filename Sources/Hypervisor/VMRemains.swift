import Linux

/// What is left of a machine whose daemon is gone: enough to see whether it runs and to end it, without its monitor.
package struct VMRemains: Sendable {
    private let directory: VMDirectory

    /// Looks at a machine's folder.
    package init(_ directory: VMDirectory) {
        self.directory = directory
    }

    /// Whether the process that was recorded runs.
    package var isAlive: Bool { running != nil }

    /// Kills the machine if it runs, and removes what it leaves except its logs.
    package func kill() async throws {
        if let record = running, let handle = try ProcessHandle.open(record.process) {
            try await QEMUProcess(record: record, directory: directory, handle: handle).end()
        } else {
            if let record = VMMRecord.read(from: directory) { HostCgroup.named(record.id).remove() }
            directory.removeSockets()
        }
    }

    private var running: VMMRecord? {
        guard let record = VMMRecord.read(from: directory), record.bootID == (try? HostMachine.bootID()),
            record.process.isAlive
        else { return nil }
        return record
    }
}
