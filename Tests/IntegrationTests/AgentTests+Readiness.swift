import AgentProtocol
import Hypervisor
import Sandboxes
import Testing

/// What a guest has ready before its pod is known, and what it leaves undone until a pod wants it.
extension EndToEnd.AgentTests {
    @Test("a card gets its address and MTU, and is up if the pod has addresses on it", arguments: [false, true])
    func card(isUsed: Bool) async throws {
        var pod = Self.pod
        let addresses = isUsed ? [AddressPrefix(address: [192, 0, 2, 7], prefix: 24)] : []
        pod.interfaces = [Interface(name: "eth0", mac: [0x52, 0x54, 0, 1, 2, 3], mtu: 1400, addresses: addresses)]
        try await withGuest(pod) { agent, _ in
            let script = "cd /sys/class/net/eth0; cat address mtu flags; ip -4 -o addr show eth0; ip -o link show lo"
            let lines = await Self.output(of: try await agent.create(Self.container(running: ["sh", "-c", script])))
                .split(separator: "\n")
            #expect(lines.prefix(3) == ["52:54:00:01:02:03", "1400", isUsed ? "0x1003" : "0x1002"])
            #expect(lines.contains { $0.contains("192.0.2.7/24") } == isUsed)
            #expect(lines.last?.contains("LOOPBACK,UP") == true)
        }
    }

    @Test("an interface that is not there is named")
    func missingCard() async throws {
        try await withMachine { machine in
            try await AgentClient.withConnection(to: machine.agentSocket, fresh: true, patience: .seconds(60)) {
                agent in
                var pod = Self.pod
                pod.interfaces = [Interface(name: "eth7", mac: [2, 0, 0, 0, 0, 1])]
                let failure = await #expect(throws: AgentFailure.self) {
                    try await agent.request(.configurePod(pod))
                }
                #expect(failure?.stage.contains("eth7") == true)
            }
        }
    }

    @Test("a second container has a cgroup and limits of its own, and opens as few devices as the first")
    func secondContainer() async throws {
        let script = """
            cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max
            mknod /tmp/mem c 1 1; mknod /tmp/null c 1 3
            (: </tmp/mem) 2>/dev/null && echo opened
            (: </tmp/null) && echo harmless
            ls /proc/self/fd | tr '\\n' ' '
            """
        try await withGuest { agent, _ in
            for (index, memory) in [UInt64(48) << 20, 40 << 20].enumerated() {
                var spec = Self.container(running: [])
                spec.id = "container-\(index)"
                spec.process = Self.process(UInt32(index + 1), ["sh", "-c", script])
                spec.process.capabilities = Capabilities.standard.sets(user: "root")
                spec.resources = ResourceLimits(memory: memory, processes: UInt32(60 + index))
                let process = try await agent.create(spec)
                // The last descriptor is that of the folder that ls reads.
                #expect(await Self.output(of: process) == "\(memory)\n\(60 + index)\nharmless\n0 1 2 3 ")
            }
        }
    }
}
