extension PoolPolicy {
    /// Decides what is to be done now.
    ///
    /// - Parameter available: bytes of memory that programs can still get.
    package mutating func next(now: Instant, available: UInt64) -> [Action] {
        guard isOpen else { return [] }
        let floor = UInt64(configuration.memoryFloorMiB) << 20
        hasRoom = available >= floor + UInt64(configuration.memoryHeadroomMiB) << 20
        ranking.decay(to: now)
        available < floor ? drain() : trim()
        if hasRoom {
            startBuilds(now)
            startMachine(now)
        }
        defer { outbox = [] }
        return outbox
    }

    /// When to decide again although nothing has happened; `nil` if time alone changes nothing.
    package func deadline(after now: Instant) -> Instant? {
        var times = ranking.ends + [lastRequest + .milliseconds(configuration.refillDelayMilliseconds)]
        for kind in kinds.values {
            times += [kind.builds.until, kind.makes.until].compactMap { $0 }
            if let template = kind.template {
                times.append(template.built + .seconds(configuration.templateAgeSeconds))
            }
        }
        for machine in machines.values {
            if case .idle(let since) = machine.phase { times.append(since + machineAge) }
        }
        // Memory goes and comes without telling.
        if !machines.isEmpty || (!kinds.isEmpty && !hasRoom) {
            times.append(now + .seconds(configuration.memoryCheckSeconds))
        }
        return times.filter { $0 > now }.min()
    }

    private var machineAge: Duration { .seconds(configuration.machineAgeSeconds) }

    /// Whether every template and every machine that is wanted is there and waits.
    package var isFilled: Bool {
        let targets = targets()
        let isBusy = machines.values.contains { machine in
            if case .idle = machine.phase { false } else { true }
        }
        return !isBusy && build == nil && kinds.values.allSatisfy { $0.template != nil }
            && targets.plain.allSatisfy { counts[$0, default: 0] == $1 }
            && targets.images.allSatisfy { imageCounts[$0, default: 0] == $1 }
    }

    // MARK: Fewer

    /// Ends one machine, and the next when this one's memory is back: those with images first, then the oldest.
    ///
    /// Templates stay: the machines that run share their memory, and without them new ones would need more.
    private mutating func drain() {
        guard !machines.values.contains(where: { $0.phase == .ending }) else { return }
        if let id = oldestIdle({ $0.image != nil }) ?? oldestIdle({ _ in true }) { end(id) }
    }

    /// Ends what nobody is going to ask for.
    private mutating func trim() {
        let targets = targets()
        for (kind, count) in counts where count > targets.plain[kind, default: 0] {
            if let id = oldestIdle({ $0.kind == kind && $0.image == nil }) { end(id) }
        }
        for (image, count) in imageCounts where count > targets.images[image, default: 0] {
            if let id = oldestIdle({ $0.image == image }) { end(id) }
        }
    }

    private mutating func end(_ id: MachineID) {
        machines[id]?.phase = .ending
        outbox.append(.end(id))
    }

    // MARK: More

    /// Begins one machine, or makes room for a fresh one: one at a time, and while nobody is being served.
    private mutating func startMachine(_ now: Instant) {
        let settled = lastRequest + .milliseconds(configuration.refillDelayMilliseconds)
        guard requests == 0, settled <= now, machines.count < configuration.maximumMachines,
            !machines.values.contains(where: { $0.phase == .making })
        else { return rotate(now) }
        let targets = targets()
        if let kind = neediest(targets.plain, now), let template = take(cloneOf: kind) {
            let id = MachineID(number())
            machines[id] = Machine(kind: kind, image: nil, template: template)
            outbox.append(.make(id, kind, template))
        } else if let image = neediest(targets.images, now), let template = take(cloneOf: image.kind) {
            let id = MachineID(number())
            machines[id] = Machine(kind: image.kind, image: image, template: template)
            outbox.append(.makeWithImage(id, image, template))
        } else {
            rotate(now)
        }
    }

    /// Ends the oldest machine when it is beyond its age and can be replaced at once; one at a time.
    private mutating func rotate(_ now: Instant) {
        let isBusy = machines.values.contains { machine in
            if case .idle = machine.phase { false } else { true }
        }
        guard !isBusy, requests == 0 else { return }
        let expired = oldestIdle { machine in
            guard case .idle(let since) = machine.phase, since + machineAge <= now else { return false }
            return canMake(machine.kind, now) && machine.image.map { ranking.mayTry($0, now) } ?? true
        }
        if let expired { end(expired) }
    }

    private func canMake(_ kind: MachineKind, _ now: Instant) -> Bool {
        kinds[kind].map { $0.template != nil && $0.makes.isOver(now) } ?? false
    }

    /// The kind that misses machines and has fewest; of those with as many, the most recently requested.
    private func neediest(_ targets: [MachineKind: Int], _ now: Instant) -> MachineKind? {
        let counts = counts
        return kindsByRecency.filter { counts[$0, default: 0] < targets[$0, default: 0] && canMake($0, now) }
            .min { counts[$0, default: 0] < counts[$1, default: 0] }
    }

    private func neediest(_ targets: [ImageKey: Int], _ now: Instant) -> ImageKey? {
        let counts = imageCounts
        return targets.keys.filter { image in
            counts[image, default: 0] < targets[image, default: 0] && canMake(image.kind, now)
                && ranking.mayTry(image, now)
        }.min { ($0.image, $0.program, $0.project) < ($1.image, $1.program, $1.project) }
    }

    private mutating func take(cloneOf kind: MachineKind) -> TemplateID? {
        kinds[kind]?.template?.clones += 1
        return kinds[kind]?.template?.id
    }

    // MARK: How many

    /// How many machines of each sort there should be: plain ones before those with images, up to the total.
    private func targets() -> (plain: [MachineKind: Int], images: [ImageKey: Int]) {
        var room = configuration.maximumMachines
        var plain: [MachineKind: Int] = [:]
        for kind in kindsByRecency {
            plain[kind] = min(configuration.machinesPerShape, room)
            room -= plain[kind, default: 0]
        }
        let images = ranking.deal(min(configuration.imageMachines, room), holding: imageCounts) {
            kinds[$0.kind] != nil
        }
        return (plain, images)
    }

    /// Machines without an image by kind, those not that are about to end.
    private var counts: [MachineKind: Int] {
        machines.values.reduce(into: [:]) { counts, machine in
            if machine.image == nil, machine.phase != .ending { counts[machine.kind, default: 0] += 1 }
        }
    }

    private var imageCounts: [ImageKey: Int] {
        machines.values.reduce(into: [:]) { counts, machine in
            if let image = machine.image, machine.phase != .ending { counts[image, default: 0] += 1 }
        }
    }
}
