import Hypervisor
import Logging
import Sandboxes
import SystemPackage

extension MachinePool {
    /// A template's build.
    func build(_ id: TemplateID, _ kind: MachineKind) async {
        let directory = folder.machine(Self.name())
        do {
            try await folder.make(directory)
            try await maker.buildTemplate(id, kind.shape, in: directory)
            counters.templatesBuilt += 1
            if !policy.templateBuilt(id, now: clock.now()) { maker.dropTemplate(id) }
        } catch {
            maker.dropTemplate(id)
            buildFailed(id, error)
        }
        await folder.remove(directory)
        changed()
    }

    private func buildFailed(_ id: TemplateID, _ error: any Error) {
        guard !(error is CancellationError || Task.isCancelled) else { return policy.templateCancelled(id) }
        counters.failures += 1
        report("cannot build a template", error, loudly: policy.templateFailed(id, now: clock.now()))
    }

    /// The whole life of a machine in the pool: made, watched while it waits, and ended unless somebody takes it.
    func live(_ id: MachineID, _ template: TemplateID, _ kind: MachineKind, image: ImageKey?) async {
        let directory = folder.machine(Self.name())
        let order = MachineOrder(
            name: Self.name(of: directory),
            template: template,
            shape: kind.shape,
            image: image.flatMap { images[$0] }
        )
        do {
            try await folder.make(directory)
            let machine = try await maker.make(order, in: directory)
            await keep(
                Idle(machine: machine, directory: directory, isReleased: Observed(false), since: clock.now()),
                id
            )
        } catch {
            await folder.remove(directory)
            failed(id, template, error)
        }
        changed()
    }

    private func failed(_ id: MachineID, _ template: TemplateID, _ error: any Error) {
        let code = (error as? PoolError)?.code
        if code == .stale { policy.templateStale(template) }
        let isNobodys = error is CancellationError || Task.isCancelled || code == .stale
        let blame: PoolPolicy.Blame = isNobodys ? .nobody : code == .image ? .image : .template
        if blame != .nobody { counters.failures += 1 }
        report("cannot prepare a machine", error, loudly: policy.machineFailed(id, blame, now: clock.now()))
    }

    /// Watches over a machine that waits; ends it unless it is taken.
    private func keep(_ idle: Idle, _ id: MachineID) async {
        self.idle[id] = idle
        policy.machineReady(id, now: idle.since)
        changed()
        await watch(idle)
        // Whoever takes a machine out of the dictionary has it: this task, or a request that was faster.
        guard self.idle.removeValue(forKey: id) != nil else { return }
        await end(idle)
        if policy.machineEnded(id, now: clock.now()), !Task.isCancelled {
            counters.failures += 1
            logger.warning("an idle machine has ended by itself", metadata: ["folder": "\(idle.directory.path)"])
        }
    }

    /// Waits until a machine ends, is released, or the pool ends.
    private func watch(_ idle: Idle) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await idle.machine.waitForExit() }
            group.addTask { _ = try? await idle.isReleased.wait { $0 } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Ends a machine of the pool and removes its folder, unless it could not be ended: the next daemon finds it there.
    func end(_ idle: Idle) async {
        do {
            try await idle.machine.kill()
            await folder.remove(idle.directory)
        } catch {
            logger.error("cannot end a machine", metadata: ["folder": "\(idle.directory.path)", "error": "\(error)"])
        }
    }

    func report(_ message: String, _ error: any Error, loudly: Bool) {
        logger.log(level: loudly ? .warning : .debug, "\(message)", metadata: ["error": "\(error)"])
    }

    /// A name that no machine of this host has, also not one that an earlier daemon left.
    static func name() -> String { "pool-" + String(UInt64.random(in: .min ... .max), radix: 16) }

    static func name(of directory: VMDirectory) -> String { directory.path.lastComponent?.string ?? "" }
}
