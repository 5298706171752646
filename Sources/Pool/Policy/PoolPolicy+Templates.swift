extension PoolPolicy {
    /// A build has ended well.
    ///
    /// - Returns: whether the template is wanted: the policy may be closed, or its kind have lost its place meanwhile.
    package mutating func templateBuilt(_ id: TemplateID, now: Instant) -> Bool {
        guard let finished = takeBuild(id), isOpen, kinds[finished] != nil else { return false }
        if let old = kinds[finished]?.template { outbox.append(.drop(old.id)) }
        kinds[finished]?.template = Template(id: id, built: now)
        kinds[finished]?.builds.succeed()
        return true
    }

    /// A build has failed.
    ///
    /// A template that it was to replace goes too: it is beyond its age.
    /// - Returns: whether this is the first failure since the last success, which is worth a word in the log.
    package mutating func templateFailed(_ id: TemplateID, now: Instant) -> Bool {
        guard let failed = takeBuild(id), kinds[failed] != nil else { return false }
        discard(templateOf: failed)
        let configuration = configuration
        kinds[failed]?.builds.fail(now, configuration)
        return kinds[failed]?.builds.failures == 1
    }

    /// A build was interrupted; nobody is to blame.
    package mutating func templateCancelled(_ id: TemplateID) { _ = takeBuild(id) }

    /// A clone was started and, as far as the pool sees to it, made unique.
    package mutating func cloneSucceeded(of id: TemplateID) {
        guard let kind = kind(of: id) else { return }
        kinds[kind]?.template?.failures = 0
        kinds[kind]?.discards = 0
        kinds[kind]?.hasSurrendered = false
    }

    /// A clone failed; of a template that fails twice in a row nothing good is to be expected.
    ///
    /// It is discarded and built again once; when that does not help either, machines boot cold for some time.
    /// - Returns: whether this is the first failure since the last success, which is worth a word in the log.
    @discardableResult
    package mutating func cloneFailed(of id: TemplateID, now: Instant) -> Bool {
        guard let kind = kind(of: id) else { return false }
        kinds[kind]?.template?.failures += 1
        if let template = kinds[kind]?.template, template.failures >= 2 { discardBarren(kind, now) }
        return kinds[kind]?.discards == 0 && kinds[kind]?.template?.failures == 1
    }

    private mutating func discardBarren(_ kind: MachineKind, _ now: Instant) {
        discard(templateOf: kind)
        kinds[kind]?.discards += 1
        guard let entry = kinds[kind], entry.discards >= 2 else { return }
        let end = now + .seconds(configuration.surrenderSeconds)
        kinds[kind]?.builds.suspend(until: end)
        if !entry.hasSurrendered { outbox.append(.surrender(kind)) }
        kinds[kind]?.hasSurrendered = true
    }

    /// What a template was made of has changed; it is nobody's fault and is built again.
    package mutating func templateStale(_ id: TemplateID) {
        if let kind = kind(of: id) { discard(templateOf: kind) }
    }

    /// Begins a build, unless one is under way (of any kind: it takes a processor for seconds) or must not be yet.
    mutating func startBuild(_ kind: MachineKind, _ now: Instant) {
        guard isOpen, hasRoom, build == nil, let entry = kinds[kind], entry.builds.isOver(now) else { return }
        let id = TemplateID(number())
        build = (id, kind)
        outbox.append(.build(id, kind))
    }

    /// Begins the build that is needed most: of the most recently requested kind whose template is missing or worn.
    mutating func startBuilds(_ now: Instant) {
        guard build == nil else { return }
        for kind in kindsByRecency where build == nil && needsTemplate(kind, now) { startBuild(kind, now) }
    }

    private func needsTemplate(_ kind: MachineKind, _ now: Instant) -> Bool {
        guard let template = kinds[kind]?.template else { return true }
        return template.clones >= configuration.templateClones
            || template.built + .seconds(configuration.templateAgeSeconds) <= now
    }

    private func kind(of id: TemplateID) -> MachineKind? { kinds.first { $0.value.template?.id == id }?.key }

    private mutating func discard(templateOf kind: MachineKind) {
        if let template = kinds[kind]?.template { outbox.append(.drop(template.id)) }
        kinds[kind]?.template = nil
    }

    private mutating func takeBuild(_ id: TemplateID) -> MachineKind? {
        guard let build, build.id == id else { return nil }
        self.build = nil
        return build.kind
    }
}

extension PoolPolicy {
    /// The templates that there are, those of the most recently requested kinds first.
    package var templates: [(kind: MachineKind, built: Instant, clones: Int)] {
        kindsByRecency.compactMap { kind in
            kinds[kind]?.template.map { (kind, $0.built, $0.clones) }
        }
    }
}
