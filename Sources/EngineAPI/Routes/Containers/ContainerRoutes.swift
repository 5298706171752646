import Hummingbird
import Images
import OCI
import Pods

/// Routes of containers.
struct ContainerRoutes {
    let services: EngineServices

    var pods: PodService { services.pods }

    func add(to router: Router<EngineContext>) {
        let containers = router.group("/containers")
        containers.post("create") { request, context in try await create(request, context) }
        containers.get("json") { request, _ in try await list(request) }
        containers.post("prune") { request, _ in try await prune(request) }
        containers.get("{id}/json") { request, context in try await inspect(request, context) }
        containers.delete("{id}") { request, context in try await remove(request, context) }
        addLife(to: containers)
        addStreams(to: containers)
        addFiles(to: containers)
        addFigures(to: containers)
    }

    // MARK: Finding

    /// The container that the path names: by its name, its id, or how its id begins.
    func pod(_ context: EngineContext) async throws -> PodSummary {
        let name = try context.parameter("id")
        return try await pod(name)
    }

    /// The same by a name of whatever origin.
    func pod(_ name: String) async throws -> PodSummary {
        do {
            return try await pods.find(name.hasPrefix("/") ? String(name.dropFirst()) : name)
        } catch let error as PodsError where error.code == .notFound {
            throw EngineError(.notFound, "No such container: \(printable(name.utf8))")
        }
    }

    // MARK: Making and removing

    private func create(_ request: Request, _ context: EngineContext) async throws -> Response {
        let query = request.query
        try Self.checkPlatform(query["platform"])
        let body = try await request.json(JSONValue.self)
        let wanted = try ContainerRequest(body, processors: NodeProcessors.count)
        var spec = wanted.spec
        let image = try image(spec.image)
        spec.labels = image.configuration.labels.merging(spec.labels) { $1 }
        let name = query["name"].map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
        let record = try await pods.create(spec, name: name?.isEmpty == false ? name : nil)
        return .json(["Id": .string(record.id), "Warnings": .list(wanted.warnings)] as JSONValue, status: .created)
    }

    private func image(_ name: String) throws -> Image {
        do {
            return try pods.images.image(name)
        } catch {
            guard error.code == .notFound else { throw error }
            // Clients look for these words before they pull.
            throw EngineError(.notFound, "No such image: \(printable(name.utf8))")
        }
    }

    /// Images are chosen for this machine when they are pulled.
    private static func checkPlatform(_ text: String?) throws(EngineError) {
        guard let text, !text.isEmpty else { return }
        let parts = text.split(separator: "/")
        guard parts.first == "linux", parts.count < 2 || parts[1] == Platform.host.architecture else {
            throw EngineError(.badRequest, "platform \"\(text.prefix(50))\" is not this node's (leave out --platform)")
        }
    }

    private func remove(_ request: Request, _ context: EngineContext) async throws -> Response {
        let query = request.query
        guard !query.flag("link") else { throw EngineError(.badRequest, "links are not supported (leave out link)") }
        let pod = try await pod(context)
        let isForced = query.flag("force")
        guard isForced || !pod.state.isActive else {
            throw EngineError(
                .conflict,
                "cannot remove container \"/\(pod.record.name)\": container is \(pod.stateName): "
                    + "stop the container before removing or force remove"
            )
        }
        try await pods.remove(pod.record.id, force: isForced)
        return .noContent
    }

    private func prune(_ request: Request) async throws -> Response {
        let filters = try EngineFilters(request.query, known: ["until", "label", "label!"])
        let until = try EngineTime.parse(filters["until"].first, "until")
        var removed: [String] = []
        for pod in try await pods.list() where !pod.state.isActive {
            guard filters.allowsLabels(pod.record.spec.labels), pod.record.created < until ?? .max else { continue }
            do {
                try await pods.remove(pod.record.id, force: false)
                removed.append(pod.record.id)
            } catch is PodsError {
                // One that is started or removed meanwhile is nobody's loss.
                continue
            }
        }
        return .json(["ContainersDeleted": .listOrNull(removed), "SpaceReclaimed": 0] as JSONValue)
    }

    // MARK: Looking

    private func inspect(_ request: Request, _ context: EngineContext) async throws -> Response {
        let pod = try await pod(context)
        let image = try pods.images.image(pod.record.imageID)
        let document = ContainerDocument(
            pod: pod,
            image: image.configuration,
            execs: await services.execs.running(in: pod.record.id),
            size: request.query.flag("size") ? image.size : nil
        )
        return .json(document.json)
    }

    private func list(_ request: Request) async throws -> Response {
        let selection = try ContainerSelection(request.query)
        let all = try await pods.list()
        let sizes = request.query.flag("size")
        let entries = try selection.choose(from: all, images: pods.images).map { pod in
            let size = sizes ? try pods.images.image(pod.record.imageID).size : nil
            return JSONValue.containerEntry(pod, size: size)
        }
        return .json(JSONValue.array(entries))
    }
}
