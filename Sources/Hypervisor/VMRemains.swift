import Linux

/// What is left of a machine whose daemon is gone: enough to see whether it runs and to end it, without its monitor.
package struct VMRemains: Sendable {
    private let directory: VMDirectory
    private let id: String?

    /// Looks at a machine's folder.
    ///
    /// - Parameter id: the id that a machine would have been started under here: one whose daemon died before it could
    ///   record which process it is, is found in its control group.
    package init(_ directory: VMDirectory, id: String? = nil) {
        self.directory = directory
        self.id = id
    }

    /// Whether the process that was recorded runs.
    package var isAlive: Bool { running != nil }

    /// Kills the machine if it runs, and removes what it leaves except its logs.
    package func kill() async throws {
        if let record = running, let handle = try ProcessHandle.open(record.process) {
            try await QEMUProcess(record: record, directory: directory, handle: handle).end()
        } else {
            if let record = VMMRecord.read(from: directory) { try await remove(HostCgroup.named(record.id)) }
            if let id {
                let group = HostCgroup.named(id)
                group.kill()
                try await remove(group)
            }
            directory.removeSockets()
        }
    }

    /// A process that was just killed has ended for everybody to see while its last threads still free its memory, and
    /// hold its group: that takes a busy machine some hundred milliseconds.
    private func remove(_ group: HostCgroup) async throws {
        var pause = Duration.milliseconds(5)
        while !group.remove(), pause < .seconds(4) {
            try await Task.sleep(for: pause)
            pause *= 2
        }
    }

    private var running: VMMRecord? {
        guard let record = VMMRecord.read(from: directory), record.bootID == (try? HostMachine.bootID()),
            record.process.isAlive
        else { return nil }
        return record
    }
}
