import FoundationEssentials
import Linux
import Synchronization
import SystemPackage

/// A machine that runs in a QEMU process.
final class QEMUMachine: VirtualMachine {
    let process: QEMUProcess
    let monitor: QMPClient
    let console: ConsoleLog
    let slots: Mutex<DiskSlots>
    let layerDisk: Mutex<LayerDiskState>
    private let exit = Mutex<VMExit?>(nil)

    init(process: QEMUProcess, monitor: QMPClient, slots: DiskSlots, layerDisk: LayerDiskState) {
        self.process = process
        self.monitor = monitor
        self.slots = Mutex(slots)
        self.layerDisk = Mutex(layerDisk)
        console = ConsoleLog(process.directory.console)
    }

    var directory: VMDirectory { process.directory }

    var agentSocket: FilePath { directory.agentSocket }

    var processID: Int32 { process.record.process.pid }

    func relocate(to directory: VMDirectory) async throws {
        try await blocking { [process] in try process.relocate(to: directory) }
    }

    func pause() async throws { try await monitor.execute(QMPStop()) }

    func resume() async throws { try await monitor.execute(QMPContinue()) }

    func status() async throws -> VMStatus {
        guard process.isAlive else { return .ended }
        let status = try await monitor.execute(QMPQueryStatus()).status
        return Self.hasEnded(status) ? .ended : status == "running" ? .running : .paused
    }

    func kill() async throws { try await process.end() }

    func consoleTail(lines: Int) async -> [String] {
        await drainConsole()
        return console.lines(lines)
    }

    func waitForExit() async throws -> VMExit {
        if let exit = exit.withLock({ $0 }) { return exit }
        let exit = try await firstEnd()
        return self.exit.withLock { recorded in
            // Of several waiting tasks the first one read the reason; the others may have come after QEMU was gone.
            recorded = recorded ?? exit
            return recorded ?? exit
        }
    }

    /// Takes what is in QEMU's ring; a machine whose monitor is gone has nothing more to tell.
    private func drainConsole() async {
        let command = QMPReadRing(device: QEMUArguments.consoleRing, size: ConsoleLog.capacity)
        guard let text = try? await monitor.execute(command, timeout: .seconds(2)) else { return }
        guard let bytes = Data(base64Encoded: text) else { return }
        _ = try? await blocking { [console] in console.append(Array(bytes)) }
    }
}

extension QEMUMachine {
    private enum End: Sendable {
        case process(ProcessExit)
        case guest
        case monitor
    }

    /// The run states in which the guest's processors will never run again.
    private static func hasEnded(_ status: String) -> Bool {
        ["shutdown", "guest-panicked", "internal-error", "io-error", "watchdog"].contains(status)
    }

    /// Whichever comes first: the process is gone, or the guest has ended and QEMU holds its last words.
    private func firstEnd() async throws -> VMExit {
        try await withThrowingTaskGroup(of: End.self) { group in
            defer { group.cancelAll() }
            group.addTask { [process] in .process(try await process.waitForExit() ?? .unknown) }
            group.addTask { [self] in try await waitForGuestEnd() ? .guest : .monitor }
            while let end = try await group.next() {
                switch end {
                case .process(let status): return await vmmExit(status)
                case .guest: return try await guestExit()
                // Without a monitor only the process can tell.
                case .monitor: continue
                }
            }
            throw CancellationError()
        }
    }

    private func waitForGuestEnd() async throws -> Bool {
        // Subscribe first, then ask: an end between the two is seen by one of them.
        let events = monitor.events()
        if let status = try? await monitor.execute(QMPQueryStatus()).status, Self.hasEnded(status) { return true }
        for await event in events where ["SHUTDOWN", "GUEST_PANICKED"].contains(event.name) { return true }
        try Task.checkCancellation()
        return false
    }

    private func guestExit() async throws -> VMExit {
        await drainConsole()
        let lines = console.lines(20)
        let event = monitor.lastEvent("SHUTDOWN")?.details?.reason
        let reason = VMExit.guestReason(event, console: console.lines(200))
        _ = try? await monitor.execute(QMPQuit(), timeout: .seconds(2))
        if try await process.waitForExit(timeout: .seconds(5)) == nil { try await process.end() }
        process.cleanUp()
        return VMExit(reason: reason, console: lines)
    }

    private func vmmExit(_ status: ProcessExit) async -> VMExit {
        process.cleanUp()
        let reason: VMExit.Reason =
            switch status {
            case .signaled(let signal): .killed(signal: signal)
            case .exited(let code): .failed(code: code, QEMUProcess.lastWords(process.directory))
            case .unknown: .unknown
            }
        return VMExit(reason: reason, console: console.lines(20))
    }
}
