package import Hypervisor
import Logging
import Sandboxes

extension MachinePool {
    /// Gives a request a machine: an idle one, else a clone of a template, else one that boots.
    ///
    /// The machine lives in the given folder, which must be there and empty. A machine that turns out to be dead is
    /// replaced by another; only what keeps a machine from booting is an error. A cancelled request leaves no machine.
    package func take(_ request: MachineRequest, in directory: VMDirectory) async throws -> ReadyMachine {
        let kind = kind(request.project, request.shape)
        let image = key(request, kind)
        policy.arrive(kind, image, now: clock.now())
        if let image { remember(request.image, as: image) }
        defer {
            policy.leave(now: clock.now())
            changed()
        }
        let deadline = clock.now() + .milliseconds(configuration.templatePatienceMilliseconds)
        // Each attempt uses up an idle machine or blames a template; more of them than this would be a broken host.
        for _ in 0..<configuration.maximumMachines + 4 {
            try Task.checkCancellation()
            let choice = policy.choose(kind, image, now: clock.now())
            changed()
            switch choice {
            case .machine(let id, let hasImage):
                if let ready = try await handOut(id, request, hasImage, directory) { return ready }
            case .template(let id):
                if let ready = try await clone(id, request, directory) { return ready }
            case .wait(let id):
                guard await isBuilt(id, before: deadline) else { return try await boot(request, directory) }
            case .boot:
                return try await boot(request, directory)
            }
        }
        return try await boot(request, directory)
    }

    private func key(_ request: MachineRequest, _ kind: MachineKind) -> ImageKey? {
        request.image.map {
            ImageKey(project: request.project, image: $0.digest, program: $0.program, kind: kind)
        }
    }

    private func remember(_ image: PoolImage?, as key: ImageKey) {
        images[key] = image
        images = images.filter { policy.remembers($0.key) }
    }

    /// Hands an idle machine out; `nil` if it has died meanwhile.
    private func handOut(
        _ id: MachineID,
        _ request: MachineRequest,
        _ hasImage: Bool,
        _ directory: VMDirectory
    ) async throws -> ReadyMachine? {
        guard let idle = idle.removeValue(forKey: id) else { return nil }
        idle.isReleased.update { $0 = true }
        do {
            let name = Self.name(of: idle.directory)
            try await maker.handOver(idle.machine, named: name, to: request, in: directory)
        } catch {
            await end(idle)
            guard !(error is CancellationError) else { throw error }
            counters.failures += 1
            report("an idle machine cannot be handed out", error, loudly: true)
            return nil
        }
        hasImage ? (counters.affineHits += 1) : (counters.hits += 1)
        return ReadyMachine(
            machine: idle.machine,
            renewal: nil,
            hasImage: hasImage,
            origin: hasImage ? .affine : .pool
        )
    }

    /// Starts a clone; `nil` if the template does not make any.
    private func clone(
        _ template: TemplateID,
        _ request: MachineRequest,
        _ directory: VMDirectory
    ) async throws -> ReadyMachine? {
        do {
            let (machine, renewal) = try await maker.restore(template, for: request, in: directory)
            policy.cloneSucceeded(of: template)
            counters.templateStarts += 1
            return ReadyMachine(machine: machine, renewal: renewal, hasImage: false, origin: .template)
        } catch {
            guard !(error is CancellationError) else { throw error }
            counters.failures += 1
            report("a template cannot be cloned", error, loudly: blame(template, for: error))
            return nil
        }
    }

    /// - Returns: whether the failure is worth a word in the log.
    private func blame(_ template: TemplateID, for error: any Error) -> Bool {
        guard (error as? PoolError)?.code == .stale else { return policy.cloneFailed(of: template, now: clock.now()) }
        policy.templateStale(template)
        return false
    }

    private func boot(_ request: MachineRequest, _ directory: VMDirectory) async throws -> ReadyMachine {
        let machine = try await maker.boot(request, in: directory)
        counters.coldStarts += 1
        return ReadyMachine(machine: machine, renewal: nil, hasImage: request.image != nil, origin: .boot)
    }

    /// Waits for a template; whether it was built in time.
    private func isBuilt(_ template: TemplateID, before deadline: ContinuousClock.Instant) async -> Bool {
        while policy.isBuilding(template) {
            let seen = changes.value
            guard clock.now() < deadline, !Task.isCancelled else { return false }
            await wait(for: changes, beyond: seen, until: deadline)
        }
        return true
    }
}
