import AgentProtocol
import Sandboxes
import SystemPackage

/// What clients ask of a pod that runs, beside its processes: what it uses, and its files.
extension Attendant {
    /// Answers a request that changes nothing of the pod's life.
    func query(_ request: ControlRequest, _ inbox: ClientInbox, _ client: ControlConnection) async throws {
        switch request {
        case .resize(let rows, let columns):
            try await resize(rows: rows, columns: columns)
            try await client.send(.started)
        case .usage: try await usage(client)
        case .processes: try await processes(client)
        case .readFile(let path, let limit): try await readFile(path, atMost: limit, client)
        case .writeFile(let path, let mode): try await writeFile(path, mode: mode, inbox, client)
        case .start, .attach, .watch, .stop, .pause, .wait, .leave, .execute, .signal, .archive, .followLog:
            throw PodsError(.invalid, "a client asked the wrong question")
        }
    }

    /// Tells the terminal of the pod's process its size.
    func resize(rows: UInt16, columns: UInt16) async throws {
        let running = try await running()
        let size = TerminalSize(rows: rows, columns: columns)
        try await explaining("its terminal") {
            try await running.agent.request(.resize(process: running.process.id, size))
        }
    }

    /// Sends what the pod uses.
    func usage(_ client: ControlConnection) async throws {
        guard case .statistics(let statistics) = try await running().agent.request(.statistics) else {
            throw PodsError(.node, "container \(plan.record.name): the guest did not say what it uses")
        }
        try await client.send(.output(try JSON.encode(PodUsage(statistics, at: Timestamp.now))))
        try await client.send(.ended(try JSON.encode(PodExit(code: 0, finished: Timestamp.now))))
    }

    /// Sends a file of the container: first its size in digits, then its bytes; of a folder `folder` and nothing else.
    func readFile(_ path: String, atMost limit: UInt64?, _ client: ControlConnection) async throws {
        let agent = try await running().agent
        var offset: UInt64 = 0
        repeat {
            let count = min(UInt64(ProtocolLimits.fileChunk), limit.map { $0 - offset } ?? .max)
            guard let content = try await read(path, offset, UInt32(count), agent) else {
                try await client.send(.output(Array("folder".utf8)))
                break
            }
            if offset == 0 { try await client.send(.output(Array("\(content.size)".utf8))) }
            guard !content.bytes.isEmpty else { break }
            try await client.send(.output(content.bytes))
            offset += UInt64(content.bytes.count)
        } while offset < limit ?? .max
        try await client.send(.ended(try JSON.encode(PodExit(code: 0, finished: Timestamp.now))))
    }

    /// - Returns: `nil` for a folder.
    private func read(
        _ path: String,
        _ offset: UInt64,
        _ count: UInt32,
        _ agent: AgentClient
    ) async throws -> FileContent? {
        let range = FileRange(container: ContainerPlan.containerID, path: path, offset: offset, count: count)
        let response = try await explaining("\"\(path)\"") {
            do {
                return try await agent.request(.readFile(range))
            } catch let failure as AgentFailure where Errno(rawValue: failure.errno) == .isDirectory {
                return .done
            }
        }
        if case .done = response { return nil }
        guard case .file(let content) = response else {
            throw PodsError(.node, "container \(plan.record.name): the guest did not read \"\(path)\"")
        }
        return content
    }

    /// Makes or replaces a file of the container with what the client sends.
    func writeFile(_ path: String, mode: UInt32, _ inbox: ClientInbox, _ client: ControlConnection) async throws {
        let agent = try await running().agent
        let progress = Observed(FileProgress())
        // An empty file is a file, too.
        try await write([], path, mode, 0, agent)
        inbox.forward { frame in
            do {
                guard case .input(let bytes) = frame else { return progress.update { $0.hasEnded = true } }
                let offset = progress.value.offset
                if offset > 0 || !bytes.isEmpty { try await write(bytes, path, mode, offset, agent) }
                progress.update { $0.offset += UInt64(bytes.count) }
            } catch {
                progress.update { if $0.failure == nil { $0.failure = error } }
                throw error
            }
        }
        let end = try await progress.wait { $0.hasEnded || $0.failure != nil }
        if let failure = end.failure { throw failure }
        try await client.send(.started)
    }

    private func write(
        _ bytes: [UInt8],
        _ path: String,
        _ mode: UInt32,
        _ offset: UInt64,
        _ agent: AgentClient
    ) async throws {
        let piece = FileWrite(
            container: ContainerPlan.containerID,
            path: path,
            mode: mode,
            offset: offset,
            bytes: bytes
        )
        try await explaining("\"\(path)\"") { try await agent.request(.writeFile(piece)) }
    }

    /// How much of a file has been written, and how that ended.
    private struct FileProgress: Sendable {
        var offset: UInt64 = 0
        var hasEnded = false
        var failure: (any Error)?
    }

    /// Says what a guest's refusal means for an object of the container.
    @discardableResult
    private func explaining(_ object: String, _ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch let failure as AgentFailure {
            throw PodFailure.explain(failure, plan.record.name, object: object)
        }
    }
}
