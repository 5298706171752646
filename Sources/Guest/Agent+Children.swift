import AgentProtocolEmbedded
import CLinux

extension Agent {
    /// Takes what a starting child says of itself; at the end of its reports it runs, or has failed.
    func readReports(of process: GuestProcess) {
        while process.report.isOpen {
            var report = lx_report()
            var descriptor: Int32 = -1
            let result = lx_read_report(process.report.number, &report, &descriptor)
            if result == -EAGAIN || result == -EINTR { return }
            guard result > 0 else {
                process.report.close()
                settle(process)
                return
            }
            take(report, descriptor, for: process)
        }
    }

    private func take(_ report: lx_report, _ descriptor: Int32, for process: GuestProcess) {
        switch UInt32(report.kind) {
        case LX_REPORT_PID.rawValue:
            process.pid = report.pid
            claimExit(of: process)
        case LX_REPORT_TERMINAL.rawValue: process.takeTerminal(descriptor)
        default:
            let stage = withUnsafeBytes(of: report.stage) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            process.startFailure = AgentFailure(code(stage, report.error), stage: stage, errno: report.error)
        }
    }

    /// Shells and Docker tell a command that does not exist (127) from one that cannot be executed (126).
    private func code(_ stage: String, _ error: Int32) -> AgentFailure.Code {
        guard stage.isSame(as: "exec") else { return .system }
        return error == ENOENT ? .commandNotFound : .commandNotExecutable
    }

    /// Moves a process on once its start has ended, well or badly, and once it has ended itself.
    private func settle(_ process: GuestProcess) {
        guard !process.report.isOpen else { return }
        if process.startFailure != nil {
            // A child that failed still stands in its namespaces until it has been reaped.
            if process.exit != nil || process.pid == 0 { abandon(process) }
            return
        }
        if let pending = process.starting {
            process.starting = nil
            // The host that asked may be gone; the one that came after it has not heard of the process yet.
            if pending.generation == session.generation {
                reply(.done, to: pending)
            } else {
                process.rewind()
                send(.process(process.status))
            }
        }
        if process.exit != nil { tellEnd(of: process) }
    }

    private func abandon(_ process: GuestProcess) {
        process.endStreams()
        processes.removeAll { $0 === process }
        if process.isInit {
            process.container.isDoomed = true
            removeIfEmpty(process.container)
        }
        if let failure = process.startFailure { reply(.failure(failure), to: process.starting) }
    }

    /// Reaps every child that has ended: the host's processes and the orphans that PID 1 inherits.
    func reap() {
        for process in processes where process.report.isOpen { readReports(of: process) }
        var status: Int32 = 0
        while true {
            let pid = lx_reap(&status)
            guard pid > 0 else { break }
            if let process = processes.first(where: { $0.pid == pid && $0.exit == nil }) {
                end(process, status)
            } else if processes.contains(where: { $0.pid == 0 }) {
                // A process may end before the helper that started it could tell its number.
                unclaimedExits.append((pid, status))
            }
        }
        if !processes.contains(where: { $0.pid == 0 }) { unclaimedExits = [] }
    }

    private func claimExit(of process: GuestProcess) {
        guard let index = unclaimedExits.firstIndex(where: { $0.pid == process.pid }) else { return }
        end(process, unclaimedExits.remove(at: index).status)
    }

    private func end(_ process: GuestProcess, _ status: Int32) {
        let container = process.container
        let exited = lx_exited(status) != 0
        process.exit = ExitStatus(
            code: exited ? UInt8(truncatingIfNeeded: lx_exit_code(status)) : 0,
            signal: exited ? 0 : UInt8(truncatingIfNeeded: lx_term_signal(status)),
            outOfMemory: container.oomKills > 0
        )
        switch process.role {
        case .first:
            container.initPID = 0
            container.initHandle = nil
        case .further: break
        // Whatever became of it, nobody else would wake the container.
        case .archiver: container.thaw()
        }
        if process.report.isOpen { readReports(of: process) } else { settle(process) }
    }

    private func tellEnd(of process: GuestProcess) {
        let container = process.container
        let kills = container.oomKills
        if kills > container.toldOOMKills {
            container.toldOOMKills = kills
            send(.outOfMemory(container: container.id))
        }
        process.readOutput(&scratch)
        send(.process(process.status))
        removeIfEmpty(container)
    }
}
