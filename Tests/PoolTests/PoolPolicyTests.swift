import Hypervisor
import Testing

@testable import Pool

struct PoolPolicyTests {
    @Test("nothing is begun before the first request")
    func idle() {
        var fixture = PolicyFixture()
        #expect(fixture.settle() == [])
        #expect(fixture.policy.deadline(after: fixture.now) == nil)
    }

    @Test("the first request boots; a template and then machines follow, one at a time, up to the bound")
    func fill() {
        var fixture = PolicyFixture()
        #expect(fixture.request() == .boot)
        let actions = fixture.settle()
        #expect(actions.map(\.isBuild) == [true, false, false])
        #expect(actions.map(\.isMake) == [false, true, true])
        guard case .machine(_, hasImage: false) = fixture.request() else { Issue.record("no hit"); return }
    }

    @Test("a request that comes while the template is built may wait for it, and is cloned when it is there")
    func waiting() {
        var fixture = PolicyFixture()
        fixture.request()
        guard case .wait(let template) = fixture.request() else { Issue.record("nothing to wait for"); return }
        #expect(fixture.policy.isBuilding(template))
        _ = fixture.policy.templateBuilt(template, now: fixture.now)
        #expect(!fixture.policy.isBuilding(template))
        #expect(fixture.request() == .template(template))
    }

    @Test("while another kind's template is built, a request boots")
    func otherBuild() {
        var fixture = PolicyFixture()
        fixture.request()
        #expect(fixture.request(PolicyFixture.large) == .boot)
    }

    @Test("nothing is refilled while a request is served, nor right after it")
    func lowPriority() {
        var fixture = PolicyFixture()
        fixture.request()
        fixture.settle()
        fixture.policy.arrive(PolicyFixture.small, nil, now: fixture.now)
        _ = fixture.policy.choose(PolicyFixture.small, nil, now: fixture.now)
        fixture.pass(.seconds(10))
        #expect(fixture.next() == [])
        fixture.policy.leave(now: fixture.now)
        #expect(fixture.next() == [])
        let wake = fixture.policy.deadline(after: fixture.now)
        #expect(wake == fixture.now + .milliseconds(100))
        fixture.pass(.milliseconds(100))
        #expect(fixture.next().map(\.isMake) == [true])
    }

    @Test("a machine is handed out once, the oldest first")
    func once() {
        var fixture = PolicyFixture()
        fixture.request()
        let made = fixture.settle().compactMap { if case .make(let id, _, _) = $0 { id } else { nil } }
        #expect(fixture.request() == .machine(made[0], hasImage: false))
        #expect(fixture.request() == .machine(made[1], hasImage: false))
        guard case .template = fixture.request() else { Issue.record("handed out twice"); return }
    }

    @Test("the most recently requested shapes are kept, and those that lose their place lose everything")
    func places() {
        var fixture = PolicyFixture { $0.shapes = 1 }
        fixture.request()
        fixture.settle()
        fixture.pass(.seconds(30))
        #expect(fixture.request(PolicyFixture.large) == .boot)
        #expect(fixture.settle() == [], "a place is kept for a minute")
        fixture.pass(.seconds(60))
        fixture.request(PolicyFixture.large)
        let actions = fixture.settle()
        #expect(actions.count(where: \.isDrop) == 1)
        #expect(actions.count(where: \.isEnd) == 2)
        #expect(actions.count(where: \.isBuild) == 1)
        #expect(fixture.policy.templates.map(\.kind) == [PolicyFixture.large])
    }

    @Test("a template whose kind lost its place while it was built is not wanted")
    func lateTemplate() {
        var fixture = PolicyFixture { ($0.shapes, $0.shapeResidenceSeconds) = (1, 0) }
        fixture.request()
        let build = fixture.next()
        fixture.request(PolicyFixture.large)
        guard case .build(let id, _) = build.first else { Issue.record("no build"); return }
        let isWanted = fixture.policy.templateBuilt(id, now: fixture.now)
        #expect(!isWanted)
    }

    @Test("failures are retried ever later, up to a cap, until one attempt succeeds")
    func backOff() {
        var fixture = PolicyFixture { $0.backOffCapSeconds = 4 }
        fixture.request()
        var seconds: [Int] = []
        var first: [Bool] = []
        for _ in 0..<5 {
            guard case .build(let id, _) = fixture.next().first else { Issue.record("no build"); return }
            first.append(fixture.policy.templateFailed(id, now: fixture.now))
            seconds.append(0)
            while !PolicyFixture.isDue(fixture), seconds[seconds.count - 1] < 10 {
                fixture.pass(.seconds(1))
                seconds[seconds.count - 1] += 1
            }
        }
        #expect(seconds == [1, 2, 4, 4, 4])
        #expect(first == [true, false, false, false, false])
        for action in fixture.next() { fixture.succeed(action) }
        guard case .template = fixture.request() else { Issue.record("no template"); return }
    }

    @Test("a template whose clones fail twice in a row is built again once, then machines boot cold for a while")
    func surrender() {
        var fixture = PolicyFixture { $0.machinesPerShape = 0 }
        fixture.request()
        fixture.settle()
        for round in 0..<2 {
            for _ in 0..<2 {
                guard case .template(let id) = fixture.request() else { Issue.record("no template"); return }
                fixture.policy.cloneFailed(of: id, now: fixture.now)
            }
            let actions = fixture.settle()
            #expect(actions.count(where: \.isDrop) == 1)
            #expect(actions.count(where: \.isBuild) == (round == 0 ? 1 : 0))
            #expect(actions.contains(.surrender(PolicyFixture.small)) == (round == 1))
        }
        #expect(fixture.request() == .boot)
        fixture.pass(.seconds(600))
        #expect(fixture.settle().map(\.isBuild) == [true])
        for _ in 0..<2 {
            guard case .template(let id) = fixture.request() else { Issue.record("no template"); return }
            fixture.policy.cloneFailed(of: id, now: fixture.now)
        }
        #expect(!fixture.settle().contains(.surrender(PolicyFixture.small)), "it is said once")
    }

    @Test("a clone that succeeds makes its template's failures forgotten")
    func forgiven() {
        var fixture = PolicyFixture { $0.machinesPerShape = 0 }
        fixture.request()
        fixture.settle()
        for _ in 0..<5 {
            guard case .template(let id) = fixture.request() else { Issue.record("no template"); return }
            fixture.policy.cloneFailed(of: id, now: fixture.now)
            fixture.policy.cloneSucceeded(of: id)
        }
        #expect(fixture.settle() == [])
    }

    @Test("a template that does not fit any more is dropped and built again, without blame")
    func stale() {
        var fixture = PolicyFixture { $0.machinesPerShape = 0 }
        fixture.request()
        fixture.settle()
        guard case .template(let id) = fixture.request() else { Issue.record("no template"); return }
        fixture.policy.templateStale(id)
        #expect(fixture.settle().map(\.isBuild) == [false, true])
    }

    @Test(
        "a worn template serves until its successor is there",
        arguments: [(Duration.seconds(24 * 3600), 0), (.zero, 5)]
    )
    func worn(age: Duration, clones: Int) {
        var fixture = PolicyFixture { ($0.machinesPerShape, $0.templateClones) = (0, 5) }
        fixture.request()
        fixture.settle()
        fixture.pass(age)
        for _ in 0..<clones { fixture.request() }
        guard case .build(let successor, _) = fixture.next().first else { Issue.record("not rebuilt"); return }
        guard case .template(let old) = fixture.request(), old != successor else { Issue.record("not serving"); return }
        _ = fixture.policy.templateBuilt(successor, now: fixture.now)
        #expect(fixture.next() == [.drop(old)])
        #expect(fixture.request() == .template(successor))
    }

    @Test("a worn template whose successor cannot be built is dropped")
    func wornOut() {
        var fixture = PolicyFixture { $0.machinesPerShape = 0 }
        fixture.request()
        fixture.settle()
        fixture.pass(.seconds(24 * 3600))
        guard case .build(let successor, _) = fixture.next().first else { Issue.record("not rebuilt"); return }
        _ = fixture.policy.templateFailed(successor, now: fixture.now)
        #expect(fixture.next().map(\.isDrop) == [true])
        #expect(fixture.request() == .boot)
    }

    @Test("old machines are replaced one after the other, never all at once")
    func rotation() {
        var fixture = PolicyFixture()
        fixture.request()
        fixture.settle()
        fixture.pass(.seconds(3600))
        var fewest = 2
        var ended = 0
        for _ in 0..<10 {
            fixture.pass(.milliseconds(200))
            for action in fixture.next() {
                ended += action.isEnd ? 1 : 0
                fixture.succeed(action)
            }
            fewest = min(fewest, PolicyFixture.idle(fixture))
        }
        #expect(ended == 2)
        #expect(fewest == 1)
        #expect(PolicyFixture.idle(fixture) == 2)
    }

    @Test("under memory pressure machines are ended, those with images first, and nothing is begun")
    func pressure() {
        var fixture = PolicyFixture()
        let image = PolicyFixture.image("busybox")
        for _ in 0..<2 { fixture.request(PolicyFixture.small, image) }
        fixture.settle()
        #expect(PolicyFixture.idle(fixture) == 3)
        fixture.available = 1 << 30 - 1
        var order: [MachineID] = []
        for _ in 0..<3 {
            guard case .end(let id) = fixture.next().first else { Issue.record("nothing ended"); return }
            #expect(fixture.next() == [], "one after the other, so that each one's memory is seen first")
            _ = fixture.policy.machineEnded(id, now: fixture.now)
            order.append(id)
        }
        #expect(order.first == order.max(), "the machine with the image was made last")
        #expect(fixture.next() == [])
        #expect(fixture.policy.templates.count == 1)
        guard case .template = fixture.request() else { Issue.record("templates stay"); return }
        // Between floor and headroom nothing ends and nothing begins.
        fixture.available = (1 << 30) + (100 << 20)
        #expect(fixture.settle() == [])
        #expect(fixture.policy.deadline(after: fixture.now) == fixture.now + .seconds(5))
        fixture.available = 8 << 30
        #expect(fixture.settle().count(where: \.isMake) == 2)
    }

    @Test("an idle machine that ends by itself is replaced, later if it happens again")
    func death() {
        var fixture = PolicyFixture { $0.machinesPerShape = 1 }
        fixture.request()
        var last = fixture.settle().last
        for delay in [1, 2, 4] {
            guard case .make(let id, _, _) = last else { Issue.record("not made"); return }
            let isUnexpected = fixture.policy.machineEnded(id, now: fixture.now)
            #expect(isUnexpected)
            fixture.pass(.seconds(delay) - .milliseconds(1))
            #expect(fixture.next() == [])
            fixture.pass(.milliseconds(1))
            last = fixture.next().last
            if let last { fixture.succeed(last) }
        }
    }

    @Test("a closed policy begins nothing and has let go of its templates")
    func closed() {
        var fixture = PolicyFixture()
        fixture.request()
        fixture.settle()
        #expect(fixture.next() == [])
        let templates = fixture.policy.close()
        #expect(templates.count == 1)
        fixture.request(PolicyFixture.large)
        #expect(fixture.settle() == [])
    }

    @Test("a template that is finished when nothing is to begin any more is not wanted")
    func lateAtTheEnd() {
        var fixture = PolicyFixture()
        fixture.request()
        guard case .build(let id, _) = fixture.next().first else { Issue.record("no build"); return }
        let templates = fixture.policy.close()
        let isWanted = fixture.policy.templateBuilt(id, now: fixture.now)
        #expect(templates == [] && !isWanted)
    }
}

extension PolicyFixture {
    /// Whether the policy would begin a build now.
    static func isDue(_ fixture: PolicyFixture) -> Bool {
        var copy = fixture
        return copy.next().contains(where: \.isBuild)
    }

    /// How many machines the policy would hand out.
    static func idle(_ fixture: PolicyFixture) -> Int {
        var copy = fixture
        var count = 0
        let images = ["busybox", "debian"].map { PolicyFixture.image($0) }
        for key in images.map(Optional.some) + [nil] {
            while case .machine = copy.policy.choose(PolicyFixture.small, key, now: copy.now) { count += 1 }
        }
        return count
    }
}
