import AgentProtocol
import Sandboxes

/// The processes of the pod's container.
extension Attendant {
    /// Numbers that are tried: a container that lives long may have processes beyond, which are found through their
    /// parents only.
    private static let highestTried = 2048
    /// The most that are told.
    private static let mostProcesses = 1024
    /// Bytes of a file in /proc that are read.
    private static let fileBound: UInt32 = 4096

    /// Sends the container's processes, as its own /proc shows them.
    ///
    /// The agent reads files but lists no folders. So numbers are tried one after another, and what runs tells of its
    /// children, until as many threads have been found as the container's cgroup counts.
    func processes(_ client: ControlConnection) async throws {
        let agent = try await running().agent
        guard case .statistics(let statistics) = try await agent.request(.statistics) else {
            throw PodsError(.node, "container \(plan.record.name): the guest did not say what it uses")
        }
        let threads = Int(clamping: statistics.containers.first?.processes ?? 0)
        // A guest may say anything, and no machine runs for 30 years.
        let boot = Timestamp.now - Int64(min(statistics.uptime, 1 << 50)) * 1000
        let found = await processes(agent, threads: threads, boot: boot)
        try await client.send(.output(try JSON.encode(found.sorted { $0.id < $1.id })))
        try await client.send(.ended(try JSON.encode(PodExit(code: 0, finished: Timestamp.now))))
    }

    private func processes(_ agent: AgentClient, threads: Int, boot: Int64) async -> [PodProcess] {
        var found: [Int: PodProcess] = [:]
        var waiting = [1]
        var (next, seen) = (2, 0)
        while seen < threads, found.count < Self.mostProcesses {
            let id: Int
            if let child = waiting.popLast() {
                id = child
            } else if next <= Self.highestTried {
                id = next
                next += 1
            } else {
                break
            }
            guard found[id] == nil, let process = await process(id, agent, boot: boot) else { continue }
            found[id] = process
            seen += process.threads
            let children = await text("/proc/\(id)/task/\(id)/children", agent) ?? ""
            waiting += children.split(separator: " ").compactMap { Int($0) }
        }
        return Array(found.values)
    }

    private func process(_ id: Int, _ agent: AgentClient, boot: Int64) async -> PodProcess? {
        guard let stat = await text("/proc/\(id)/stat", agent) else { return nil }
        return PodProcess(
            stat: stat,
            status: await text("/proc/\(id)/status", agent) ?? "",
            commandLine: await bytes("/proc/\(id)/cmdline", agent) ?? [],
            boot: boot
        )
    }

    private func text(_ path: String, _ agent: AgentClient) async -> String? {
        await bytes(path, agent).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A process may end at any time; then its files are none.
    private func bytes(_ path: String, _ agent: AgentClient) async -> [UInt8]? {
        let range = FileRange(container: ContainerPlan.containerID, path: path, offset: 0, count: Self.fileBound)
        guard case .file(let content)? = try? await agent.request(.readFile(range)) else { return nil }
        return content.bytes
    }
}
