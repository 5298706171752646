import Hypervisor
import Testing

@testable import Pool

/// Random lives of a pool: whatever happens in whatever order, the rules hold after each step.
struct PoolPolicyPropertyTests {
    @Test("the rules hold after each step of random lives", arguments: 0..<40)
    func rules(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<600 {
            world.step()
            guard world.violations.isEmpty else { break }
        }
        #expect(world.violations == [], "seed \(seed)")
    }

    @Test("left alone, with memory and luck, a pool becomes full and quiet", arguments: 0..<20)
    func convergence(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<300 { world.step() }
        world.calm()
        #expect(world.violations == [], "seed \(seed)")
        #expect(world.outstanding == 0, "seed \(seed)")
        #expect(world.plainMachines == world.plainTarget, "seed \(seed)")
    }
}

/// What the policy is told, and an account of its own of what there is.
private struct World {
    private var generator: SplitMix
    private var fixture: PolicyFixture
    private var builds: [TemplateID: MachineKind] = [:]
    private var templates: Set<TemplateID> = []
    private var making: [MachineID: (kind: MachineKind, image: ImageKey?)] = [:]
    private var idle: [MachineID: (kind: MachineKind, image: ImageKey?)] = [:]
    private var ending: Set<MachineID> = []
    private var gone: Set<MachineID> = []
    private var requests = 0
    private var awaited: [TemplateID: MachineKind] = [:]
    private(set) var violations: [String] = []

    private static let configuration: @Sendable (inout PoolConfiguration) -> Void = { configuration in
        configuration.maximumMachines = 5
        configuration.shapes = 2
        configuration.shapeResidenceSeconds = 3
        configuration.machineAgeSeconds = 60
        configuration.templateAgeSeconds = 100
        configuration.templateClones = 20
        configuration.imageHalfLifeSeconds = 60
    }

    private static let kinds = (1...4).map {
        MachineKind(project: "p\($0 % 2)", shape: MachineShape(memory: UInt64($0) << 27, processors: 1))
    }

    init(seed: UInt64) {
        generator = SplitMix(state: seed)
        fixture = PolicyFixture(Self.configuration)
    }

    var outstanding: Int { builds.count + making.count + ending.count }
    var plainMachines: Int { idle.values.count { $0.image == nil } }
    /// Machines of all kinds that have a place, as far as the total allows.
    var plainTarget: Int { min(5, 2 * fixture.policy.templates.count) }

    mutating func step() {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0, 1: request()
        case 2: finishRequest()
        case 3, 4: finishBuild(well: chance(3))
        case 5, 6: finishMachine(well: chance(3))
        case 7: finishEnd()
        case 8: die()
        case 9: fixture.available = [512 << 20, 1200 << 20, 8 << 30, 8 << 30].randomElement(using: &generator) ?? 0
        case 10: fixture.pass(.milliseconds(Int.random(in: 0...2000, using: &generator)))
        default: fixture.pass(.seconds(Int.random(in: 0...30, using: &generator)))
        }
        decide()
    }

    /// Nobody asks, everything succeeds, and time passes.
    mutating func calm() {
        fixture.available = 8 << 30
        while requests > 0 { finishRequest() }
        for _ in 0..<60 {
            finishBuild(well: true)
            finishMachine(well: true)
            finishEnd()
            fixture.pass(.milliseconds(200))
            decide()
        }
        // Whoever surrendered tries again; whatever is too old is replaced.
        for _ in 0..<200 {
            if let wake = fixture.policy.deadline(after: fixture.now), outstanding == 0,
                wake - fixture.now > .seconds(5)
            {
                break
            }
            fixture.pass(.seconds(5))
            for _ in 0..<4 {
                finishBuild(well: true)
                finishMachine(well: true)
                finishEnd()
                decide()
            }
            if fixture.policy.templates.count == 2, outstanding == 0, plainMachines == plainTarget { break }
        }
    }

    // MARK: What happens

    private mutating func request() {
        let kind = Self.kinds.randomElement(using: &generator) ?? Self.kinds[0]
        let image =
            chance(1)
            ? ImageKey(
                project: kind.project,
                image: "i\(Int.random(in: 0..<3, using: &generator))",
                program: "sh",
                kind: kind
            ) : nil
        fixture.policy.arrive(kind, image, now: fixture.now)
        requests += 1
        for _ in 0..<Int.random(in: 1...3, using: &generator) { choose(kind, image) }
    }

    private mutating func choose(_ kind: MachineKind, _ image: ImageKey?) {
        switch fixture.policy.choose(kind, image, now: fixture.now) {
        case .machine(let id, let hasImage):
            guard let machine = idle.removeValue(forKey: id) else { return violate("\(id) is not to be had") }
            if machine.kind != kind { violate("\(id) is of another kind") }
            if hasImage != (machine.image != nil) { violate("\(id) is told a wrong image") }
            if hasImage, machine.image != image { violate("\(id) has another image") }
            if ending.contains(id) { violate("\(id) is about to end") }
            gone.insert(id)
        case .template(let id):
            if !templates.contains(id) { violate("template \(id) is not there") }
            if chance(3) {
                fixture.policy.cloneSucceeded(of: id)
            } else {
                fixture.policy.cloneFailed(of: id, now: fixture.now)
            }
        case .wait(let id):
            // The request may have begun the build itself: the next decision tells.
            awaited[id] = kind
        case .boot: break
        }
    }

    private mutating func finishRequest() {
        guard requests > 0 else { return }
        requests -= 1
        fixture.policy.leave(now: fixture.now)
    }

    private mutating func finishBuild(well: Bool) {
        guard let id = builds.keys.min() else { return }
        builds[id] = nil
        if well {
            if fixture.policy.templateBuilt(id, now: fixture.now) { templates.insert(id) }
        } else if chance(1) {
            _ = fixture.policy.templateFailed(id, now: fixture.now)
        } else {
            fixture.policy.templateCancelled(id)
        }
    }

    private mutating func finishMachine(well: Bool) {
        guard let (id, machine) = making.min(by: { $0.key < $1.key }) else { return }
        making[id] = nil
        if well {
            idle[id] = machine
            fixture.policy.machineReady(id, now: fixture.now)
        } else {
            gone.insert(id)
            let blame: [PoolPolicy.Blame] = machine.image == nil ? [.template, .nobody] : [.template, .nobody, .image]
            let chosen = blame.randomElement(using: &generator) ?? .nobody
            _ = fixture.policy.machineFailed(id, chosen, now: fixture.now)
        }
    }

    private mutating func finishEnd() {
        guard let id = ending.min() else { return }
        ending.remove(id)
        gone.insert(id)
        if fixture.policy.machineEnded(id, now: fixture.now) { violate("\(id) was told to end") }
    }

    private mutating func die() {
        guard let id = idle.keys.min() else { return }
        idle[id] = nil
        gone.insert(id)
        if !fixture.policy.machineEnded(id, now: fixture.now) { violate("\(id) was not told to end") }
    }

    // MARK: The rules

    private mutating func decide() {
        let actions = fixture.next()
        for action in actions { take(action, short: fixture.available < 1280 << 20) }
        for (id, kind) in awaited where builds[id] != kind { violate("nobody builds \(id) for \(kind)") }
        awaited = [:]
        let machines = Array(making.values) + Array(idle.values)
        for (kind, same) in Dictionary(grouping: machines.filter { $0.image == nil }, by: \.kind) where same.count > 2 {
            violate("\(same.count) machines of \(kind)")
        }
        if machines.count(where: { $0.image != nil }) > 2 { violate("too many machines with images") }
        if machines.count + ending.count > 5 { violate("too many machines") }
        if making.count > 1 || builds.count > 1 { violate("more than one at a time") }
        if fixture.policy.templates.count > 2 { violate("too many templates") }
        if let wake = fixture.policy.deadline(after: fixture.now), wake <= fixture.now {
            violate("a deadline in the past")
        }
    }

    private mutating func take(_ action: PoolPolicy.Action, short: Bool) {
        switch action {
        case .build(let id, let kind):
            if short { violate("a build without memory") }
            builds[id] = kind
        case .make(let id, let kind, let template): begin(id, kind, nil, template, short)
        case .makeWithImage(let id, let image, let template): begin(id, image.kind, image, template, short)
        case .end(let id):
            guard let machine = idle.removeValue(forKey: id) else { return violate("\(id) is not idle") }
            if fixture.available < 1 << 30, machine.image == nil, idle.values.contains(where: { $0.image != nil }) {
                violate("a plain machine goes before one with an image")
            }
            ending.insert(id)
        case .drop(let id):
            if templates.remove(id) == nil { violate("template \(id) is dropped and was not there") }
        case .surrender: break
        }
    }

    private mutating func begin(
        _ id: MachineID,
        _ kind: MachineKind,
        _ image: ImageKey?,
        _ template: TemplateID,
        _ short: Bool
    ) {
        if short || requests > 0 { violate("a machine is made at a bad time") }
        if !templates.contains(template) { violate("\(id) is to be cloned from nothing") }
        if making[id] != nil || idle[id] != nil || gone.contains(id) { violate("\(id) is used again") }
        making[id] = (kind, image)
    }

    private mutating func violate(_ what: String) { violations.append(what) }

    /// True in so many cases of four.
    private mutating func chance(_ quarters: Int) -> Bool { Int.random(in: 0..<4, using: &generator) < quarters }
}

/// Sebastiano Vigna's splitmix64: the same numbers for the same seed everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
