extension QEMUMachine {
    /// The name under which QEMU keeps the file of the devices' state.
    private static let stateName = "state"

    /// Saving and loading take some 20 ms (measured); a machine that needs longer than this is stuck.
    private static let patience = Duration.seconds(30)

    /// Writes the state of the devices to a file, and leaves the guest stopped.
    ///
    /// The memory is not written: it is in a file already, which the machine shares.
    func save(to state: Int32) async throws {
        let events = monitor.events()
        try await migrate(QMPMigrate(uri: "fd:\(Self.stateName)"), state)
        guard try await completes(events) else {
            let words = try? await monitor.execute(QMPQueryMigration()).failure
            throw HypervisorError(.refused, "the virtual machine could not be saved: \(words ?? "no reason given")")
        }
    }

    /// Reads the state of the devices from a file, in a machine that was started to wait for that; the guest runs then.
    func load(from state: Int32) async throws {
        let events = monitor.events()
        try await migrate(QMPMigrateIncoming(uri: "fd:\(Self.stateName)"), state)
        guard try await completes(events), try await status() == .running else {
            throw HypervisorError(.refused, "the saved state does not fit: \(QEMUProcess.lastWords(directory))")
        }
    }

    private func migrate(_ command: some QMPCommand, _ state: Int32) async throws {
        try await monitor.execute(QMPSetMigrationCapabilities.devicesOnly)
        try await monitor.execute(QMPKeepDescriptor(name: Self.stateName), passing: state)
        try await monitor.execute(command)
    }

    private func completes(_ events: AsyncStream<QMPEvent>) async throws -> Bool {
        let late = HypervisorError(.timeout, "saving or loading did not end within \(Self.patience)")
        return try await withDeadline(Self.patience, late: late) { [self] in
            for await event in events where event.name == "MIGRATION" {
                if event.details?.status == "completed" { return true }
                if event.details?.status == "failed" { return false }
            }
            try Task.checkCancellation()
            throw HypervisorError(.gone, "virtual machine monitor ended: \(QEMUProcess.lastWords(directory))")
        }
    }
}
