import AgentProtocol
import Hypervisor
import Sandboxes
import TestSupport
import Testing

extension EndToEnd.AgentTests {
    @Test("a sealed agent answers nobody until it has been renewed, and is another one then")
    func renewal() async throws {
        try await withMachine { machine in
            try await Self.seal(machine)
            try Self.sendWrongRecord(to: machine)
            let silence = await #expect(throws: SandboxError.self) {
                try await AgentClient.withConnection(to: machine.agentSocket, fresh: false, patience: .seconds(3)) {
                    _ in
                    Issue.record("a sealed agent answered a hello")
                }
            }
            #expect(silence?.code == .timeout)
            try await AgentClient.withConnection(
                to: machine.agentSocket,
                fresh: false,
                renewal: .fresh,
                patience: .seconds(60)
            ) { agent in
                #expect(agent.guest?.configured == false)
                try await Self.becomeTwoPods(agent)
                let process = try await agent.create(Self.curious)
                let facts = await Self.output(of: process).split(separator: "\n").map(String.init)
                #expect(facts.prefix(3) == ["second", String(repeating: "cd", count: 16), "/init renewed"])
                // The kernel's console three times, if it has one, and then the port.
                #expect(facts.dropFirst(3).filter { $0.contains("vport") }.count == 1)
                #expect(try await process.wait().code == 0)
            }
        }
    }

    @Test("a guest that was saved right after it was sealed takes what comes next for its renewal")
    func early() async throws {
        try await withMachine { machine in
            try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) {
                agent in
                try await agent.seal()
                try await machine.pause()
            }
            let isRenewed = try await withThrowingTaskGroup(of: Bool?.self) { group in
                group.addTask {
                    try await AgentClient.withConnection(
                        to: machine.agentSocket,
                        fresh: true,
                        renewal: .fresh,
                        patience: .seconds(20)
                    ) { $0.guest?.configured == false }
                }
                group.addTask {
                    // Each answer of the monitor is a round of the VMM, which sees the new host meanwhile; the guest has
                    // not even seen that the old one has gone.
                    for _ in 0..<50 { _ = try await machine.status() }
                    try await machine.resume()
                    return nil
                }
                return try await group.reduce(false) { $0 || $1 == true }
            }
            #expect(isRenewed)
        }
    }

    /// Seals the guest; then nothing more is answered in the session.
    private static func seal(_ machine: any VirtualMachine) async throws {
        try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) { agent in
            try await agent.seal()
            let silence = await #expect(throws: SandboxError.self) {
                try await agent.request(.statistics, patience: .seconds(1))
            }
            #expect(silence?.code == .timeout)
        }
    }

    /// A record whose end is not a record's, with a hello behind it.
    private static func sendWrongRecord(to machine: any VirtualMachine) throws {
        var record = Handshake.Renewal.fresh.bytes
        record[record.count - 1] ^= 1
        let hello = Handshake.Hello(nonce: FreshRandomness.bytes(16), tag: 1, versions: 0...9)
        try BlockingSocket.connect(to: machine.agentSocket).write(record + hello.bytes)
    }

    /// Configures the guest twice; both times it is what it was told to be, and may not be sealed any more.
    private static func becomeTwoPods(_ agent: AgentClient) async throws {
        let known = KnownIdentities()
        let first = try await agent.configure(pod("first", 0xAB), of: "machine", known: known)
        let second = try await agent.configure(pod("second", 0xCD), of: "machine", known: known)
        #expect(first.renewed && second.renewed)
        #expect(first.bootID == second.bootID && first.bootID.count == 36)
        #expect(first.addressRandom == second.addressRandom)
        #expect(first.random != second.random)
        let refusal = await #expect(throws: AgentFailure.self) { try await agent.seal() }
        #expect(refusal?.code == .state)
    }

    private static func pod(_ hostname: String, _ machineID: UInt8) -> PodConfiguration {
        var pod = pod
        pod.hostname = hostname
        pod.realtime = WallClock.now
        pod.entropy = FreshRandomness.bytes(64)
        pod.machineID = [UInt8](repeating: machineID, count: 16)
        pod.challenge = FreshRandomness.bytes(32)
        return pod
    }

    /// A container that sees the guest's own processes, and tells who the first of them is.
    private static var curious: ContainerSpec {
        let script = """
            hostname; cat /etc/machine-id
            tr '\\0' '\\n' </guest/1/cmdline | head -n 2 | xargs echo; ls -l /guest/1/fd
            """
        var spec = container(running: ["sh", "-euc", script])
        spec.mounts = [MountSpec(destination: "/guest", type: "", source: "/proc")]
        Confinement.privileged().apply(to: &spec)
        return spec
    }

    @Test(
        "called as a command, the guest's program says a word if it is asked for that, and nothing else is done",
        arguments: [("warm", "warm", "0"), ("", "", "2"), ("warm warm", "", "2"), ("renewed 3", "", "2")]
    )
    func command(arguments: String, output: String, code: String) async throws {
        // Without privileges, so that a program that did more would do no harm.
        let script = "setpriv --bounding-set=-all --inh-caps=-all \"$APUS_GUEST\" \(arguments) 2>/dev/null; echo $?"
        let lines = try await Shell.run(["sh", "-c", script]).split(separator: "\n").map(String.init)
        #expect(lines == (output.isEmpty ? [code] : [output, code]))
    }

    @Test("retained layers stay mounted without a container")
    func retention() async throws {
        try await withMachine { machine in
            try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) {
                agent in
                let layers = [LayerSource(serial: "layer0")]
                try await agent.retain(layers)
                try await agent.retain(layers)
                let sealed = await #expect(throws: AgentFailure.self) { try await agent.seal() }
                #expect(sealed?.code == .state)
                try await agent.configure(Self.pod("retainer", 1), of: "machine", known: KnownIdentities())
                for number in 1...2 as ClosedRange<UInt32> {
                    var spec = Self.curious
                    spec.process.id = number
                    spec.process.arguments = ["grep", "-c", "erofs", "/guest/1/mounts"]
                    let process = try await agent.create(spec)
                    #expect(await Self.output(of: process) == "1\n")
                    _ = try await process.wait()
                    try await agent.request(.removeContainer(id: "main"))
                    try await agent.forget(process)
                }
            }
        }
    }
}
