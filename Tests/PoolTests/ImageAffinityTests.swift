import Hypervisor
import Testing

@testable import Pool

struct ImageAffinityTests {
    @Test("an image that was asked for twice gets a machine, which serves only its project")
    func affinity() {
        var fixture = PolicyFixture()
        let image = PolicyFixture.image("busybox")
        fixture.request(PolicyFixture.small, image)
        #expect(fixture.settle().allSatisfy { !$0.isMakeWithImage })
        fixture.request(PolicyFixture.small, image)
        #expect(fixture.settle().count(where: \.isMakeWithImage) == 1)
        for other in [PolicyFixture.image("busybox", project: "blue"), PolicyFixture.image("debian")] {
            var copy = fixture
            guard case .machine(_, hasImage: false) = copy.request(PolicyFixture.small, other) else {
                Issue.record("\(other) got somebody else's machine")
                return
            }
        }
        guard case .machine(_, hasImage: true) = fixture.request(PolicyFixture.small, image) else {
            Issue.record("no hit")
            return
        }
    }

    @Test("machines are dealt out by popularity, several to one that is much more popular")
    func deal() {
        var fixture = PolicyFixture { ($0.imageMachines, $0.maximumMachines) = (3, 16) }
        let (often, seldom) = (PolicyFixture.image("busybox"), PolicyFixture.image("debian"))
        for _ in 0..<6 { fixture.request(PolicyFixture.small, often) }
        for _ in 0..<2 { fixture.request(PolicyFixture.small, seldom) }
        let keys = fixture.settle().compactMap { action -> ImageKey? in
            if case .makeWithImage(_, let key, _) = action { key } else { nil }
        }
        #expect(keys.count == 3)
        #expect(keys.count { $0 == often } == 2 || keys.count { $0 == often } == 3)
    }

    @Test("popularity decays, and with it the machine goes")
    func decay() {
        var fixture = PolicyFixture()
        for _ in 0..<3 { fixture.request(PolicyFixture.small, PolicyFixture.image("busybox")) }
        #expect(fixture.settle().count(where: \.isMakeWithImage) == 1)
        fixture.pass(.seconds(600))
        #expect(fixture.settle() == [], "1.5 requests are enough for a machine that is there already")
        fixture.pass(.seconds(600))
        #expect(fixture.settle().map(\.isEnd) == [true])
    }

    @Test("two images that are about as popular do not chase each other's machines out")
    func loyalty() {
        var fixture = PolicyFixture { $0.imageMachines = 1 }
        let images = [PolicyFixture.image("busybox"), PolicyFixture.image("debian")]
        for _ in 0..<4 { fixture.request(PolicyFixture.small, images[0]) }
        fixture.settle()
        for _ in 0..<5 { fixture.request(PolicyFixture.small, images[1]) }
        #expect(fixture.settle().allSatisfy { !$0.isMakeWithImage })
        for _ in 0..<3 { fixture.request(PolicyFixture.small, images[1]) }
        #expect(fixture.settle().count(where: \.isMakeWithImage) == 1)
    }

    @Test("an image that cannot be plugged is tried ever later, and its template is not blamed")
    func failure() {
        var fixture = PolicyFixture()
        for _ in 0..<2 { fixture.request(PolicyFixture.small, PolicyFixture.image("broken")) }
        var made = 0
        for _ in 0..<600 {
            fixture.pass(.milliseconds(200))
            for action in fixture.next() {
                #expect(!action.isDrop)
                if case .makeWithImage(let id, _, _) = action {
                    made += 1
                    let isFirst = fixture.policy.machineFailed(id, .image, now: fixture.now)
                    #expect(isFirst == (made == 1))
                } else {
                    fixture.succeed(action)
                }
            }
        }
        // 120 s: after 1, 3, 7, 15, 31 and 63 s.
        #expect(made == 7)
    }

    @Test("however many images are asked for, the number that is remembered is bounded")
    func bounded() {
        var fixture = PolicyFixture()
        let popular = PolicyFixture.image("busybox")
        for _ in 0..<2 { fixture.request(PolicyFixture.small, popular) }
        let keys = (0..<1000).map { PolicyFixture.image("image\($0)") }
        for key in keys { fixture.request(PolicyFixture.small, key) }
        #expect(keys.count { fixture.policy.remembers($0) } < 64)
        #expect(fixture.policy.remembers(popular))
    }

    @Test("images get only the machines that plain ones leave")
    func total() {
        var fixture = PolicyFixture { $0.maximumMachines = 2 }
        for _ in 0..<5 { fixture.request(PolicyFixture.small, PolicyFixture.image("busybox")) }
        #expect(fixture.settle().allSatisfy { !$0.isMakeWithImage })
    }
}
