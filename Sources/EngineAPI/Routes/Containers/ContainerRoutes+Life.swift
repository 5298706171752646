import Hummingbird
import OCI
import Pods

/// Routes that change where a container is in its life.
extension ContainerRoutes {
    func addLife(to containers: RouterGroup<EngineContext>) {
        containers.post("{id}/start") { _, context in try await start(context) }
        containers.post("{id}/stop") { request, context in try await stop(request, context) }
        containers.post("{id}/restart") { request, context in try await restart(request, context) }
        containers.post("{id}/kill") { request, context in try await kill(request, context) }
        containers.post("{id}/pause") { _, context -> Response in
            try await pods.pause(try await pod(context).record.id)
            return .noContent
        }
        containers.post("{id}/unpause") { _, context -> Response in
            try await pods.unpause(try await pod(context).record.id)
            return .noContent
        }
        containers.post("{id}/rename") { request, context in try await rename(request, context) }
        containers.post("{id}/update") { request, context in try await update(request, context) }
    }

    private func start(_ context: EngineContext) async throws -> Response {
        let pod = try await pod(context)
        do {
            return Response(status: try await pods.start(pod.record.id) ? .noContent : .notModified)
        } catch let error as PodsError {
            throw error.inDockersWords
        }
    }

    private func stop(_ request: Request, _ context: EngineContext) async throws -> Response {
        let (signal, patience) = try Self.stopOptions(request.query)
        let pod = try await pod(context)
        let hasStopped = try await pods.stop(pod.record.id, signal: signal, patience: patience)
        return Response(status: hasStopped ? .noContent : .notModified)
    }

    private func restart(_ request: Request, _ context: EngineContext) async throws -> Response {
        let (signal, patience) = try Self.stopOptions(request.query)
        do {
            try await pods.restart(try await pod(context).record.id, signal: signal, patience: patience)
        } catch let error as PodsError {
            throw error.inDockersWords
        }
        return .noContent
    }

    private static func stopOptions(_ query: EngineQuery) throws -> (UInt8?, Duration?) {
        let signal = try query["signal"].flatMap { $0.isEmpty ? nil : try ContainerRequest.signalNumber($0) }
        return (signal, try query.number("t").map { .seconds($0) })
    }

    private func kill(_ request: Request, _ context: EngineContext) async throws -> Response {
        let text = request.query["signal"] ?? ""
        let signal = try ContainerRequest.signalNumber(text.isEmpty ? "KILL" : text)
        let pod = try await pod(context)
        guard pod.state.isRunning else {
            throw EngineError(.conflict, "cannot kill container: \(pod.record.name): container is not running")
        }
        try await pods.signal(pod.record.id, signal)
        return .noContent
    }

    private func rename(_ request: Request, _ context: EngineContext) async throws -> Response {
        guard let name = request.query["name"], !name.isEmpty else {
            throw EngineError(.badRequest, "neither old nor new names may be empty")
        }
        let pod = try await pod(context)
        try await pods.rename(pod.record.id, to: name.hasPrefix("/") ? String(name.dropFirst()) : name)
        return .noContent
    }

    /// A machine's limits are those it was started with.
    private func update(_ request: Request, _ context: EngineContext) async throws -> Response {
        _ = try await pod(context)
        let fields = try RequestFields(try await request.json(JSONValue.self))
        let told = fields.members.filter { !$1.withoutUnset.isUnset }.keys.sorted()
        guard let name = told.first else { return .json(["Warnings": []] as JSONValue) }
        throw EngineError(
            .badRequest,
            "\(printable(name.utf8)) cannot be changed once a container is made (make it again with the new setting)"
        )
    }
}

extension PodsError {
    /// A command that cannot be executed, told so that the docker command finds its exit code: it looks for these words.
    var inDockersWords: EngineError {
        switch code {
        case .commandNotFound: EngineError(.badRequest, "\(message): executable file not found in $PATH")
        case .commandNotExecutable: EngineError(.badRequest, "\(message): permission denied")
        default: EngineError(self)
        }
    }
}
