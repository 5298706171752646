extension QEMUMachine {
    func waitForAgent(timeout: Duration) async throws {
        do {
            let late = HypervisorError(.timeout, "guest did not answer within \(timeout)")
            try await withDeadline(timeout, late: late) { [self] in try await waitForPort() }
        } catch let error as HypervisorError {
            let quote = VMExit.quote(await consoleTail(lines: 5))
            throw HypervisorError(error.code, "\"\(process.record.id)\": \(error.message)\(quote)", cause: error.cause)
        }
    }

    private func waitForPort() async throws {
        // Subscribe first, then ask: an opening between the two is seen by one of them.
        let events = monitor.events()
        let devices = try await monitor.execute(QMPQueryCharacterDevices())
        if devices.contains(where: { $0.label == "agent" && $0.isOpenInGuest }) { return }
        if try await status() == .ended { throw Self.ended }
        for await event in events {
            if event.name == "SHUTDOWN" { throw Self.ended }
            if event.name == "VSERPORT_CHANGE", event.details?.id == QEMUArguments.agentDevice,
                event.details?.open == true
            {
                return
            }
        }
        try Task.checkCancellation()
        throw HypervisorError(.gone, "virtual machine monitor ended: \(QEMUProcess.lastWords(process.directory))")
    }

    private static var ended: HypervisorError { HypervisorError(.gone, "guest ended before its agent was up") }
}
