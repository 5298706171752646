import Hypervisor

@testable import Pool

/// A policy with a clock and memory of its own, and what it was told to do.
struct PolicyFixture {
    var policy: PoolPolicy
    var now: ContinuousClock.Instant
    var available: UInt64 = 8 << 30

    static let small = MachineKind(project: "red", shape: MachineShape(memory: 256 << 20, processors: 1))
    static let large = MachineKind(project: "red", shape: MachineShape(memory: 512 << 20, processors: 2))

    init(_ change: (inout PoolConfiguration) -> Void = { _ in }) {
        var configuration = PoolConfiguration(for: .tcg)
        change(&configuration)
        now = ContinuousClock.now
        policy = PoolPolicy(configuration, now: now)
        policy.open()
        _ = policy.next(now: now, available: available)
    }

    static func image(_ name: String, project: String = "red", kind: MachineKind = small) -> ImageKey {
        ImageKey(project: project, image: name, program: "sh", kind: kind)
    }

    mutating func pass(_ time: Duration) { now += time }

    mutating func next() -> [PoolPolicy.Action] { policy.next(now: now, available: available) }

    /// A request from arrival to its end, with the first choice.
    @discardableResult
    mutating func request(_ kind: MachineKind = small, _ image: ImageKey? = nil) -> PoolPolicy.Choice {
        policy.arrive(kind, image, now: now)
        defer { policy.leave(now: now) }
        return policy.choose(kind, image, now: now)
    }

    /// Does what the policy says, successfully, until it says nothing more.
    ///
    /// - Returns: what it said.
    @discardableResult
    mutating func settle() -> [PoolPolicy.Action] {
        var done: [PoolPolicy.Action] = []
        for _ in 0..<200 {
            pass(.milliseconds(200))
            let actions = next()
            guard !actions.isEmpty else { return done }
            for action in actions { succeed(action) }
            done += actions
        }
        return done
    }

    mutating func succeed(_ action: PoolPolicy.Action) {
        switch action {
        case .build(let id, _): _ = policy.templateBuilt(id, now: now)
        case .make(let id, _, _), .makeWithImage(let id, _, _): policy.machineReady(id, now: now)
        case .end(let id): _ = policy.machineEnded(id, now: now)
        case .drop, .surrender: break
        }
    }
}

extension PoolPolicy.Action {
    var isBuild: Bool { if case .build = self { true } else { false } }
    var isMake: Bool { if case .make = self { true } else { false } }
    var isMakeWithImage: Bool { if case .makeWithImage = self { true } else { false } }
    var isEnd: Bool { if case .end = self { true } else { false } }
    var isDrop: Bool { if case .drop = self { true } else { false } }
}
