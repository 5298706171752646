/// Decides which templates and machines there are, without I/O: the owner tells what happened and does what it says.
///
/// The inputs are in `PoolPolicy+Requests`, `+Machines` and `+Templates`; the decisions are made in `next` alone, except
/// that a request may begin a template's build. Time and available memory come in with each call.
package struct PoolPolicy: Sendable {
    /// A point in time.
    package typealias Instant = ContinuousClock.Instant

    /// What the owner is to do.
    package enum Action: Sendable, Hashable {
        /// Build a template; answered by `templateBuilt` or `templateFailed`.
        case build(TemplateID, MachineKind)
        /// Let go of a template.
        case drop(TemplateID)
        /// Restore and warm a machine; answered by `machineReady` or `machineFailed`.
        case make(MachineID, MachineKind, TemplateID)
        /// As `make`, with an image plugged and exercised.
        case makeWithImage(MachineID, ImageKey, TemplateID)
        /// End an idle machine; answered by `machineEnded`.
        case end(MachineID)
        /// Say that machines of a kind boot cold for some time.
        case surrender(MachineKind)
    }

    struct Machine: Sendable {
        enum Phase: Sendable, Hashable {
            case making
            case idle(since: Instant)
            case ending
        }

        let kind: MachineKind
        let image: ImageKey?
        let template: TemplateID
        var phase = Phase.making
    }

    struct Template: Sendable {
        let id: TemplateID
        let built: Instant
        var clones = 0
        /// Clones that failed since the last one that did not.
        var failures = 0
    }

    struct Kind: Sendable {
        var requested: Instant
        var template: Template?
        /// Of templates.
        var builds = BackOff()
        /// Of machines.
        var makes = BackOff()
        /// Templates that were discarded since a clone last succeeded.
        var discards = 0
        var hasSurrendered = false
    }

    let configuration: PoolConfiguration
    var isOpen = false
    var kinds: [MachineKind: Kind] = [:]
    var machines: [MachineID: Machine] = [:]
    var ranking: ImageRanking
    /// The one build that is under way.
    var build: (id: TemplateID, kind: MachineKind)?
    /// Requests that are being served.
    var requests = 0
    var lastRequest: Instant
    /// Whether there was memory for more when it was last looked at.
    var hasRoom = false
    var outbox: [Action] = []
    private var lastNumber: UInt64 = 0

    /// Starts with nothing; nothing is begun before `open`.
    package init(_ configuration: PoolConfiguration, now: Instant) {
        self.configuration = configuration
        ranking = ImageRanking(configuration, now: now)
        lastRequest = now
    }

    /// Lets work begin.
    package mutating func open() { isOpen = true }

    /// Begins nothing any more and forgets the templates; what is under way is still to be reported.
    ///
    /// - Returns: the templates that the owner is to let go of.
    package mutating func close() -> [TemplateID] {
        isOpen = false
        let dropped = outbox.compactMap { if case .drop(let id) = $0 { id } else { nil } }
        outbox = []
        let forgotten = kinds.values.compactMap(\.template?.id)
        for kind in kinds.keys { kinds[kind]?.template = nil }
        return dropped + forgotten
    }

    mutating func number() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}
