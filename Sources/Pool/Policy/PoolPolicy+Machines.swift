extension PoolPolicy {
    /// A machine was restored and warmed, and waits.
    package mutating func machineReady(_ id: MachineID, now: Instant) {
        guard let machine = machines[id], machine.phase == .making else { return }
        machines[id]?.phase = .idle(since: now)
        cloneSucceeded(of: machine.template)
    }

    /// Who is to blame for a machine that could not be made.
    package enum Blame: Sendable, Hashable {
        /// The template, or what is true of all machines of its kind.
        case template
        /// The image that was to be plugged and exercised.
        case image
        /// Nobody: the work was interrupted.
        case nobody
    }

    /// A machine could not be made, and nothing of it is left.
    ///
    /// - Returns: whether this is the first failure since the last success, which is worth a word in the log.
    package mutating func machineFailed(_ id: MachineID, _ blame: Blame, now: Instant) -> Bool {
        guard let machine = machines.removeValue(forKey: id) else { return false }
        switch blame {
        case .nobody:
            return false
        case .image:
            cloneSucceeded(of: machine.template)
            return failed(machine, now)
        case .template:
            cloneFailed(of: machine.template, now: now)
            return makeFailed(machine.kind, now)
        }
    }

    /// An idle machine is gone: ended as told, or by itself.
    ///
    /// - Returns: whether it was not told to.
    package mutating func machineEnded(_ id: MachineID, now: Instant) -> Bool {
        guard let machine = machines.removeValue(forKey: id), machine.phase != .ending else { return false }
        _ = failed(machine, now)
        return true
    }

    private mutating func failed(_ machine: Machine, _ now: Instant) -> Bool {
        machine.image.map { ranking.failed($0, now: now) } ?? makeFailed(machine.kind, now)
    }

    private mutating func makeFailed(_ kind: MachineKind, _ now: Instant) -> Bool {
        let configuration = configuration
        kinds[kind]?.makes.fail(now, configuration)
        return kinds[kind]?.makes.failures == 1
    }
}
