import AgentProtocol
import OCI
import Sandboxes
import SystemPackage

/// Archives of what the pod's container has changed.
extension Attendant {
    /// Sends a client the container's changes, at the client's pace; one that goes away ends the archive.
    func archive(pause: Bool, _ inbox: ClientInbox, _ client: ControlConnection) async throws {
        let agent = try await running().agent
        let process = try await startArchive(agent, pause: pause)
        // An archive that has ended already cannot be ended, and need not be.
        let stop: @Sendable () async -> Void = {
            _ = try? await agent.request(.signal(process: process.id, signal: 9, everyone: false))
        }
        inbox.forward { frame in
            await stop()
            guard frame == nil else { throw PodsError(.invalid, "a client sent input to an archive") }
        }
        try? await client.send(.started)
        let complaint = await relay(process, to: client, stop)
        let status = try await end(of: process, agent)
        guard status.shellCode == 0 else { throw failure(status, complaint) }
        try await client.send(.ended(try JSON.encode(PodExit(code: 0, finished: Timestamp.now))))
    }

    private func end(of process: AgentProcess, _ agent: AgentClient) async throws -> ExitStatus {
        do {
            let status = try await process.wait()
            try await agent.forget(process)
            return status
        } catch let error as SandboxError {
            throw PodsError(
                .conflict,
                "container \(plan.record.name) ended before its changes were archived",
                cause: error
            )
        }
    }

    private func startArchive(_ agent: AgentClient, pause: Bool) async throws -> AgentProcess {
        do {
            return try await agent.archive(ContainerPlan.containerID, pause: pause)
        } catch let failure as AgentFailure where failure.code == .exists {
            throw PodsError(
                .conflict,
                "the changes of container \(plan.record.name) are being archived already (wait until that has ended)",
                cause: failure
            )
        } catch let failure as AgentFailure {
            throw PodFailure.explain(failure, plan.record.name, command: "")
        }
    }

    /// Passes an archive on.
    ///
    /// - Returns: what its process has to say about a failure.
    private func relay(
        _ process: AgentProcess,
        to client: ControlConnection,
        _ stop: @Sendable () async -> Void
    ) async -> [UInt8] {
        var complaint: [UInt8] = []
        var isThere = true
        for await chunk in process.output {
            if chunk.channel == .error {
                complaint += chunk.bytes.prefix(Self.longestComplaint - complaint.count)
            } else if isThere {
                do {
                    try await client.send(.output(chunk.bytes))
                } catch {
                    isThere = false
                    await stop()
                }
            }
            process.acknowledge(chunk)
        }
        return complaint
    }

    /// The guest's line has up to 512 bytes.
    private static let longestComplaint = 1024

    /// The guest says an error's number and what was being done.
    private func failure(_ status: ExitStatus, _ complaint: [UInt8]) -> PodsError {
        let words = complaint.prefix { $0 != UInt8(ascii: "\n") }.split(separator: UInt8(ascii: " "), maxSplits: 1)
        let cause = "cannot archive the changes of container \(plan.record.name)"
        guard words.count == 2, let number = Int32(String(decoding: words[0], as: UTF8.self)) else {
            return PodsError(.node, "\(cause): its archiver ended with code \(status.shellCode)")
        }
        return PodsError(
            .node,
            "\(cause): the guest could not \(printable(words[1], limit: 600)) (\(Errno(rawValue: number)))"
        )
    }
}
