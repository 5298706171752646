import AgentProtocolEmbedded
import CLinux

/// Archives of containers' changes, made by processes of the guest's own.
extension Agent {
    /// Starts an archive; the answer comes when it begins.
    ///
    /// - Parameter pause: whether the container's processes are stopped until it has ended.
    func archive(
        _ container: Container,
        process id: UInt32,
        pause: Bool,
        _ pending: PendingReply
    ) throws(AgentFailure) -> Response? {
        try checkNumber(id)
        guard !container.isDoomed else {
            throw AgentFailure(.state, stage: "container \(container.id) is being removed")
        }
        guard !processes.contains(where: { $0.isArchiver(of: container) }) else {
            throw AgentFailure(.exists, stage: "archive the changes of container \(container.id) twice at a time")
        }
        if pause { try container.freeze() }
        do throws(AgentFailure) {
            let process = try Launcher.startArchiver(id, of: container)
            process.starting = pending
            processes.append(process)
        } catch {
            container.thaw()
            throw error
        }
        return nil
    }

    /// Stops a container until the host lets it go on; an archive that is being made keeps it stopped a while longer.
    func pause(_ container: Container, _ isPaused: Bool) throws(AgentFailure) {
        if isPaused { try container.freeze() }
        container.isPaused = isPaused
        if !isPaused, !processes.contains(where: { $0.isArchiver(of: container) }) { container.thaw() }
    }

    /// Ends archives that nobody can read any more; a container that was stopped for one goes on when it is reaped.
    ///
    /// - Parameter container: whose, or `nil` for all.
    func endArchives(of container: Container? = nil) {
        for process in processes where process.isArchiver(of: container ?? process.container) {
            kill(process.pid, SIGKILL)
        }
    }
}

extension GuestProcess {
    /// Whether it reads this container's changes now.
    fileprivate func isArchiver(of container: Container) -> Bool {
        role == .archiver && exit == nil && self.container === container
    }
}

extension Launcher {
    /// Starts a process that writes a container's changes to its standard output as an archive, once the container's
    /// processes have stopped if they are about to.
    static func startArchiver(_ id: UInt32, of container: Container) throws(AgentFailure) -> GuestProcess {
        let pipes = try Pipes()
        let (_, output, error) = pipes.childEnds
        let strings = CStrings()
        let events = container.isFrozen ? UnsafePointer(strings.string("\(container.cgroup.path)/cgroup.events")) : nil
        var report: Int32 = -1
        let pid = lx_start_archive(container.rootFileSystem.changes, events, output, error, &report)
        try System.checkShim(pid, "start an archiver")
        return GuestProcess(
            id: id,
            container: container,
            role: .archiver,
            pid: pid,
            report: OwnedFile(report),
            files: pipes.parentEnds,
            hasTerminal: false
        )
    }
}
