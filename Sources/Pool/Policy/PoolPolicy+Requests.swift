import Hypervisor

extension PoolPolicy {
    /// Where a request gets its machine from.
    package enum Choice: Sendable, Hashable {
        /// From the pool; the machine belongs to the request now, whatever comes of it.
        case machine(MachineID, hasImage: Bool)
        /// As a clone of a template.
        case template(TemplateID)
        /// From a template that is being built: worth waiting for, within bounds.
        case wait(TemplateID)
        /// By booting it.
        case boot
    }

    /// Takes note of a request; `choose` may be called for it until `leave`.
    package mutating func arrive(_ kind: MachineKind, _ image: ImageKey?, now: Instant) {
        requests += 1
        lastRequest = now
        admit(kind, now)
        if let image { ranking.note(image, now: now) }
    }

    /// A request has been served, or given up.
    package mutating func leave(now: Instant) {
        requests = max(0, requests - 1)
        lastRequest = now
    }

    /// Takes note of a kind that is going to be asked for, without a request.
    package mutating func expect(_ kind: MachineKind, now: Instant) { admit(kind, now) }

    /// Chooses where a request gets its machine from; again after the first choice has failed.
    package mutating func choose(_ kind: MachineKind, _ image: ImageKey?, now: Instant) -> Choice {
        if let image, let id = oldestIdle({ $0.image == image }) { return hand(out: id) }
        if let id = oldestIdle({ $0.kind == kind && $0.image == nil }) { return hand(out: id) }
        if let template = kinds[kind]?.template {
            kinds[kind]?.template?.clones += 1
            return .template(template.id)
        }
        if let build, build.kind == kind { return .wait(build.id) }
        // Booting takes no longer than the build, which is for those who come later.
        startBuild(kind, now)
        return .boot
    }

    /// Whether a template is being built.
    package func isBuilding(_ template: TemplateID) -> Bool { build?.id == template }

    /// Whether what is known about an image is still of use.
    package func remembers(_ image: ImageKey) -> Bool { ranking.contains(image) }

    private mutating func hand(out id: MachineID) -> Choice {
        guard let machine = machines.removeValue(forKey: id) else { return .boot }
        kinds[machine.kind]?.makes.succeed()
        if let image = machine.image { ranking.succeeded(image) }
        return .machine(id, hasImage: machine.image != nil)
    }

    /// Gives a kind a place among the most recently requested ones.
    private mutating func admit(_ kind: MachineKind, _ now: Instant) {
        if kinds[kind] != nil {
            kinds[kind]?.requested = now
            return
        }
        if kinds.count >= configuration.shapes {
            guard let oldest = kindsByRecency.last, let entry = kinds[oldest],
                entry.requested + .seconds(configuration.shapeResidenceSeconds) <= now
            else { return }
            if let template = entry.template { outbox.append(.drop(template.id)) }
            kinds[oldest] = nil
        }
        kinds[kind] = Kind(requested: now)
    }

    /// The most recently requested first; those of the same instant in an order that is always the same.
    var kindsByRecency: [MachineKind] {
        kinds.sorted {
            $0.value.requested != $1.value.requested
                ? $0.value.requested > $1.value.requested : Self.order($0.key) < Self.order($1.key)
        }.map(\.key)
    }

    private static func order(_ kind: MachineKind) -> String {
        "\(kind.project)\n\(kind.shape.memory)\n\(kind.shape.processors)"
    }

    /// The idle machine that has waited longest among those that are meant.
    func oldestIdle(_ isMeant: (Machine) -> Bool) -> MachineID? {
        machines.compactMap { id, machine -> (since: Instant, id: MachineID)? in
            guard case .idle(let since) = machine.phase, isMeant(machine) else { return nil }
            return (since, id)
        }.min { $0 < $1 }?.id
    }
}
