import AgentProtocol
import Sandboxes
import Testing

/// A guest that became what it was told to be at the time 100 s.
private let now: Int64 = 100_000_000_000

private let expected = PodConfiguration(
    hostname: "web",
    realtime: now,
    entropy: [UInt8](repeating: 1, count: 64),
    machineID: [UInt8](repeating: 2, count: 16),
    challenge: [UInt8](repeating: 3, count: 32),
    interfaces: [Interface(name: "eth0", mac: [2, 0, 0, 0, 0, 9]), Interface(name: "lo")]
)

private func identity(_ seed: UInt8 = 1, _ change: (inout GuestIdentity) -> Void = { _ in }) -> GuestIdentity {
    var identity = GuestIdentity(
        challenge: expected.challenge,
        bootID: "boot-\(seed)",
        machineID: expected.machineID,
        random: [UInt8](repeating: seed, count: 32),
        addressRandom: [UInt8](repeating: seed, count: 16),
        stack: 1,
        realtime: now,
        hostname: expected.hostname,
        addresses: [[2, 0, 0, 0, 0, 8], [2, 0, 0, 0, 0, 9]],
        renewed: true
    )
    change(&identity)
    return identity
}

@Suite("The check of an identity")
struct IdentityCheckTests {
    struct Lie: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let identity: GuestIdentity

        init(_ description: String, _ change: (inout GuestIdentity) -> Void) {
            testDescription = description
            self.identity = SandboxesTests.identity(1, change)
        }
    }

    static let lies = [
        Lie("answered another challenge") { $0.challenge[31] ^= 1 },
        Lie("has another machine id") { $0.machineID[0] ^= 1 },
        Lie("is named \"template\"") { $0.hostname = "template" },
        Lie("has another hardware address at eth0") { $0.addresses.removeLast() },
        Lie("has a clock that is off by more than 2 s") { $0.realtime -= 2_000_000_001 },
        Lie("has a clock that is off by more than 2 s") { $0.realtime += 3_000_000_001 },
        Lie("has a clock that is off by more than 2 s") { $0.realtime = .min },
    ]

    @Test("a guest that is as it was told to be passes")
    func passes() throws {
        try IdentityCheck(expected).verify(identity(), now: now + 1_000_000_000)
        try IdentityCheck(expected).verify(identity { $0.realtime -= 2_000_000_000 }, now: now)
        try IdentityCheck(expected).verify(identity { $0.realtime += 3_000_000_000 }, now: now + 1_000_000_000)
    }

    @Test("a guest that is not is named with the reason", arguments: lies)
    func refused(lie: Lie) {
        let error = #expect(throws: SandboxError.self) {
            try IdentityCheck(expected).verify(lie.identity, now: now + 1_000_000_000)
        }
        #expect(error?.code == .identity)
        #expect(error?.message.contains("\"web\" \(lie.testDescription)") == true)
    }

    @Test("clocks at the ends of time do not end the program", arguments: [Int64.min, .max])
    func ends(realtime: Int64) {
        var pod = expected
        pod.realtime = realtime
        #expect(throws: SandboxError.self) {
            try IdentityCheck(pod).verify(identity { $0.realtime = ~realtime }, now: realtime)
        }
    }
}

@Suite("The ledger of identities")
struct IdentityLedgerTests {
    @Test("a machine that has a value of another one is refused", arguments: [true, false])
    func copies(ofLayout: Bool) throws {
        var ledger = IdentityLedger()
        try ledger.enter(identity(1), of: "a")
        let copy = identity(2) {
            if ofLayout { $0.addressRandom = identity(1).addressRandom } else { $0.random = identity(1).random }
        }
        let error = #expect(throws: SandboxError.self) { try ledger.enter(copy, of: "b") }
        #expect(error?.code == .identity)
        #expect(error?.message.contains("machine a has") == true)
        // Nothing of it has been entered.
        try ledger.enter(identity(2), of: "c")
    }

    @Test("two machines of one boot are refused")
    func boot() throws {
        var ledger = IdentityLedger()
        try ledger.enter(identity(1), of: "a")
        #expect(throws: SandboxError.self) { try ledger.enter(identity(2) { $0.bootID = "boot-1" }, of: "b") }
    }

    @Test("a machine may be configured again, but not draw the same random bytes")
    func again() throws {
        var ledger = IdentityLedger()
        try ledger.enter(identity(1), of: "a")
        try ledger.enter(identity(1) { $0.random = [UInt8](repeating: 7, count: 32) }, of: "a")
        #expect(ledger.count == 1)
        let error = #expect(throws: SandboxError.self) { try ledger.enter(identity(1), of: "a") }
        #expect(error?.message.contains("it had before") == true)
    }

    @Test("a machine that has ended is forgotten, with all that it ever said")
    func forgets() throws {
        var ledger = IdentityLedger()
        try ledger.enter(identity(1), of: "a")
        try ledger.enter(identity(1) { $0.random = [UInt8](repeating: 7, count: 32) }, of: "a")
        ledger.forget("a")
        ledger.forget("never seen")
        #expect(ledger.count == 0)
        try ledger.enter(identity(1), of: "b")
        try ledger.enter(identity(2) { $0.random = [UInt8](repeating: 7, count: 32) }, of: "c")
    }

    @Test("the oldest goes when there is no room, and one machine alone cannot grow without end")
    func bounded() throws {
        var ledger = IdentityLedger(capacity: 2)
        for seed in 1...3 as ClosedRange<UInt8> { try ledger.enter(identity(seed), of: "\(seed)") }
        #expect(ledger.count == 2)
        try ledger.enter(identity(1), of: "first again")
        for seed in 10...250 as ClosedRange<UInt8> {
            try ledger.enter(identity(200) { $0.random = [UInt8](repeating: seed, count: 32) }, of: "busy")
        }
        #expect(ledger.count == 2)
    }
}

@Suite("Known identities", .timeLimit(.minutes(1)))
struct KnownIdentitiesTests {
    @Test("a configured guest is checked against what it was told and against the others")
    func configure() async throws {
        let known = KnownIdentities()
        let error = await #expect(throws: SandboxError.self) {
            try await withGuest { guest in
                try guest.welcome()
                for _ in 0..<2 {
                    let (id, request) = try guest.request()
                    guard case .configurePod(let pod) = request else { throw FakeGuest.Unexpected(item: "\(request)") }
                    try guest.answer(id, .identity(identity { $0.realtime = pod.realtime }))
                }
                try guest.waitForEnd()
            } host: { client in
                var pod = expected
                pod.realtime = WallClock.now
                #expect(try await client.configure(pod, of: "a", known: known).bootID == "boot-1")
                try await client.configure(pod, of: "b", known: known)
            }
        }
        #expect(error?.code == .identity)
        await known.forget("a")
    }

    @Test("a guest that only says done has broken the protocol")
    func silent() async throws {
        let error = await #expect(throws: SandboxError.self) {
            try await withGuest { guest in
                try guest.welcome()
                try guest.answer(try guest.request().id)
                try guest.waitForEnd()
            } host: { client in
                try await client.configure(expected, of: "a", known: KnownIdentities())
            }
        }
        #expect(error?.code == .protocolViolation)
    }

    @Test("fresh values are of the right form and differ")
    func fresh() {
        #expect(Handshake.Renewal.fresh.entropy != Handshake.Renewal.fresh.entropy)
        let address = FreshRandomness.hardwareAddress
        #expect(address.count == 6 && address[0] == 2)
        #expect(FreshRandomness.bytes(32) != FreshRandomness.bytes(32))
    }
}
