import Hummingbird
import NIOCore
import OCI
import Pods

/// Routes that stream: logs, attach, wait.
extension ContainerRoutes {
    func addStreams(to containers: RouterGroup<EngineContext>) {
        containers.get("{id}/logs") { request, context in try await logs(request, context) }
        containers.post("{id}/attach") { request, context in try await attach(request, context) }
        containers.post("{id}/wait") { request, context in try await wait(request, context) }
        containers.post("{id}/resize") { request, context in try await resize(request, context) }
    }

    // MARK: Logs

    private func logs(_ request: Request, _ context: EngineContext) async throws -> Response {
        let wishes = try LogWishes(request.query)
        let pod = try await pod(context)
        guard pod.record.spec.refinements.logDriver != "none" else {
            throw EngineError(.notImplemented, "configured logging driver does not support reading")
        }
        let isRaw = pod.record.spec.terminal
        let kind = isRaw || context.version.minor < 42 ? "raw" : "multiplexed"
        return .stream([.contentType: "application/vnd.docker.\(kind)-stream"], isAwaited: wishes.follow) { sink in
            try await send(log: pod.record.id, wishes, isRaw: isRaw) { try await sink.write($0) }
        }
    }

    /// Sends a log, and what is added to it while its process runs if the client wants to wait for that.
    func send(
        log id: String,
        _ wishes: LogWishes,
        isRaw: Bool,
        _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        var writer = LogWriter(wishes, isRaw: isRaw)
        var count = 0
        try await pods.readLog(id) { record in
            count += 1
            for piece in writer.take(record) { try await write(piece) }
        }
        for piece in writer.flush() { try await write(piece) }
        guard wishes.follow, try await pods.find(id).state.isRunning else { return }
        try await pods.followLog(id, skip: count) { event in
            guard let record = LogRecord(event) else { return }
            for piece in writer.take(record) { try await write(piece) }
        }
    }

    // MARK: Attach

    private func attach(_ request: Request, _ context: EngineContext) async throws -> Response {
        let wishes = AttachWishes(request.query)
        let pod = try await pod(context)
        let (id, spec) = (pod.record.id, pod.record.spec)
        guard !pod.state.isPaused else {
            throw EngineError(.conflict, "container \(pod.record.name) is paused, unpause the container before attach")
        }
        let encoder = OutputEncoder(isRaw: spec.terminal, output: wishes.output, error: wishes.error)
        let isMultiplexed = !spec.terminal
        guard wishes.stream else {
            return try await context.hijack(request, isMultiplexed: isMultiplexed) { client in
                try await send(log: id, wishes.log, isRaw: spec.terminal) { try await client.write($0) }
            }
        }
        // The session comes first: once the client has its answer it may start the process, and miss nothing of it.
        return try await pods.attach(id, input: wishes.input && spec.openInput) { session in
            try await context.hijack(request, isMultiplexed: isMultiplexed) { client in
                if wishes.logs {
                    try await send(log: id, wishes.log, isRaw: spec.terminal) { try await client.write($0) }
                }
                let input = wishes.input && spec.openInput
                let endsInput = !spec.refinements.keepsInput
                try await Relay(encoder: encoder, passesInput: input, endsInput: endsInput).run(session, client)
            }
        }
    }

    // MARK: Wait

    /// Answers with the header at once: `docker run` waits for it before it starts the container.
    ///
    /// The container may then have ended before anybody here asks for its end; so what happens to it counts from before
    /// the header on.
    private func wait(_ request: Request, _ context: EngineContext) async throws -> Response {
        let name = request.query["condition"] ?? ""
        guard let condition = WaitCondition(rawValue: name.isEmpty ? "not-running" : name) else {
            throw EngineError(.badRequest, "invalid condition: \"\(printable(name.utf8))\"")
        }
        let events = pods.events()
        let id = try await pod(context).record.id
        return .stream(.json, isAwaited: true) { sink in
            let exit = try await ContainerEnd(pods: pods, pod: id, condition: condition).wait(since: events)
            try await sink.write(try JSONLine.encode(JSONValue.exit(exit)))
        }
    }

    // MARK: Terminal

    private func resize(_ request: Request, _ context: EngineContext) async throws -> Response {
        let size = try TerminalDimensions(request.query)
        let pod = try await pod(context)
        try await pods.resize(pod.record.id, rows: size.rows, columns: size.columns)
        return Response(status: .ok)
    }
}

extension JSONValue {
    /// The answer of `wait`.
    static func exit(_ exit: PodExit) -> JSONValue {
        let error: JSONValue = exit.error.map { ["Message": .string($0)] } ?? .null
        return ["StatusCode": .number(exit.code), "Error": error]
    }
}

extension LogRecord {
    /// What arrives from a process that runs, as if it came out of its log.
    init?(_ event: PodSession.Event) {
        switch event {
        case .output(let bytes): self.init(time: Pods.Timestamp.now, stream: .output, offset: 0, bytes: bytes)
        case .error(let bytes): self.init(time: Pods.Timestamp.now, stream: .error, offset: 0, bytes: bytes)
        case .started, .trace, .ended: return nil
        }
    }
}
