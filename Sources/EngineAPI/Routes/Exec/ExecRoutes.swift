import Hummingbird
import NIOCore
import OCI
import Pods

/// Routes of further processes in containers.
struct ExecRoutes {
    let services: EngineServices

    private var execs: ExecRegistry { services.execs }

    func add(to router: Router<EngineContext>) {
        router.post("/containers/{id}/exec") { request, context in try await create(request, context) }
        router.post("/exec/{id}/start") { request, context in try await start(request, context) }
        router.post("/exec/{id}/resize") { request, context in try await resize(request, context) }
        router.get("/exec/{id}/json") { _, context in
            Response.json(try await execs.find(try context.parameter("id")).json)
        }
    }

    // MARK: Declaring

    private func create(_ request: Request, _ context: EngineContext) async throws -> Response {
        let fields = try RequestFields(try await request.json(JSONValue.self))
        let (spec, streams) = try Self.read(fields)
        let pod = try await ContainerRoutes(services: services).pod(context)
        guard pod.state.isRunning else {
            throw EngineError(.conflict, "container \(pod.record.id) is not running")
        }
        guard !pod.state.isPaused else {
            throw EngineError(.conflict, "container \(pod.record.name) is paused, unpause the container before exec")
        }
        let id = try await execs.insert(
            pod.record.id,
            spec,
            streams,
            size: TerminalDimensions(try fields.numbers("ConsoleSize"))
        )
        return .json(["Id": .string(id)] as JSONValue, status: .created)
    }

    private static func read(_ fields: RequestFields) throws -> (ExecSpec, Set<PodSpec.Options.Stream>) {
        guard let command = try fields.list("Cmd"), !command.isEmpty else {
            throw EngineError(.badRequest, "No exec command specified")
        }
        var spec = ExecSpec(command: command)
        spec.environment = try fields.list("Env") ?? []
        spec.workingDirectory = try fields.text("WorkingDir")
        spec.user = try fields.text("User")
        spec.terminal = try fields.flag("Tty")
        spec.openInput = try fields.flag("AttachStdin")
        spec.privileged = try fields.flag("Privileged") ? true : nil
        var streams: Set<PodSpec.Options.Stream> = spec.openInput ? [.input] : []
        if try fields.flag("AttachStdout") { streams.insert(.output) }
        if try fields.flag("AttachStderr") { streams.insert(.error) }
        return (spec, streams)
    }

    // MARK: Running

    private func start(_ request: Request, _ context: EngineContext) async throws -> Response {
        let fields = try RequestFields(try await request.jsonIfPresent(JSONValue.self))
        let isDetached = try fields.flag("Detach")
        let instance = try await execs.claim(try context.parameter("id"))
        let run = ExecRun(instance: instance, services: services)
        guard !isDetached else {
            try await run.detached()
            return Response(status: .ok)
        }
        return try await context.hijack(request, isMultiplexed: !instance.spec.terminal) { client in
            try await run.attached(to: client)
        }
    }

    private func resize(_ request: Request, _ context: EngineContext) async throws -> Response {
        let size = try TerminalDimensions(request.query)
        let session = try await execs.resize(try context.parameter("id"), size)
        try await session?.resize(rows: size.rows, columns: size.columns)
        return Response(status: .ok)
    }
}
