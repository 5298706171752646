import HTTPTypes
import Hummingbird
import Images
import OCI
import Pods

/// Routes about images.
///
/// Names have slashes in them, so that what follows `/images/` is taken apart here: the last part may be an action.
struct ImageRoutes: Sendable {
    let services: EngineServices
    var store: ImageStore { services.pods.images }
    var naming: ImageNaming { ImageNaming(defaultDomain: store.defaultDomain) }

    func add(to router: Router<EngineContext>) {
        router.on("/images/json", method: .get) { request, context in
            let list = try ImageList(store, request.query, context.version)
            return Response.json(try await OffPool.run { try list.summaries() })
        }
        router.on("/images/search", method: .get) { request, _ in try await search(request.query) }
        router.on("/images/get", method: .get) { request, _ in try save(request.query.all("names")) }
        router.on("/images/create", method: .post) { request, _ in try await create(request) }
        router.on("/images/load", method: .post) { request, _ in load(request) }
        router.on("/images/prune", method: .post) { request, _ in try await prune(request.query) }
        router.on("/commit", method: .post) { request, _ in try await commit(request) }
        router.on("/images/**", method: .get) { request, context in try await get(request, context) }
        router.on("/images/**", method: .post) { request, context in try await post(request, context) }
        router.on("/images/**", method: .delete) { request, context in
            try await remove(try context.rest(), request.query)
        }
        router.on("/distribution/**", method: .get) { request, context in
            let (name, action) = try context.action()
            guard action == "json" else { throw EngineError.noRoute }
            return try await distribution(of: name, request)
        }
    }

    private func get(_ request: Request, _ context: EngineContext) async throws -> Response {
        let (name, action) = try context.action()
        switch action {
        case "json":
            let image = try await image(name)
            let (store, version) = (store, context.version)
            return .json(try await OffPool.run { try ImageDetails(store, image, version) })
        case "history":
            let image = try await image(name)
            let store = store
            return .json(try await OffPool.run { try ImageHistoryLine.of(image, in: store) })
        case "get": return try save([name])
        default: throw EngineError.noRoute
        }
    }

    private func post(_ request: Request, _ context: EngineContext) async throws -> Response {
        let (name, action) = try context.action()
        switch action {
        case "push": return try await push(name, request)
        case "tag": return try await tag(name, request.query)
        default: throw EngineError.noRoute
        }
    }

    /// Finds an image, with Docker's words when there is none.
    func image(_ name: String) async throws -> Image {
        let store = store
        return try await Self.named(name) { try await OffPool.run { try store.image(name) } }
    }

    /// Says that an image is missing in the words that clients look for.
    static func named<Result>(_ name: String, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as ImageError where error.code == .notFound {
            throw EngineError(.notFound, "No such image: \(printable(name.utf8))")
        }
    }

    private func tag(_ name: String, _ query: EngineQuery) async throws -> Response {
        guard let repository = query["repo"], !repository.isEmpty else {
            throw EngineError(.badRequest, "a tag needs the name of a repository (repo)")
        }
        let target = try reference(repository, tag: query["tag"])
        let store = store
        let image = try await image(name)
        try await Self.named(name) { try await OffPool.run { try store.tag(name, as: target) } }
        services.events.publishImage("tag", id: image.id.description, name: naming.text(target))
        return Response(status: .created)
    }

    /// A name of a query: the repository, and what `tag` adds, which may be a digest.
    func reference(_ repository: String, tag: String?) throws -> ImageReference {
        let text: String
        switch tag ?? "" {
        case "": text = repository
        case let tag where tag.hasPrefix("sha256:"): text = "\(repository)@\(tag)"
        case let tag: text = "\(repository):\(tag)"
        }
        return try ImageReference(text, defaultDomain: store.defaultDomain)
    }

    private struct Removed: Encodable {
        var untagged: String?
        var deleted: String?

        enum CodingKeys: String, CodingKey {
            case untagged = "Untagged"
            case deleted = "Deleted"
        }
    }

    private func remove(_ name: String, _ query: EngineQuery) async throws -> Response {
        let (pods, isForced) = (services.pods, query.flag("force"))
        let before = try await image(name)
        let removed = try await Self.named(name) {
            try await OffPool.run { try pods.removeImage(name, force: isForced) }
        }
        return .json(try describe(removed.names, removed.image.map { [$0] } ?? [], before))
    }

    private func describe(_ names: [ImageReference], _ ids: [Digest], _ image: Image) throws -> [Removed] {
        for name in names {
            services.events.publishImage("untag", id: image.id.description, name: naming.text(name))
        }
        for id in ids { services.events.publishImage("delete", id: id.description, name: id.description) }
        let tags = names.map { Removed(untagged: naming.text($0)) }
        let gone = ids.isEmpty ? [] : naming.digests(image.references, image).map { Removed(untagged: $0) }
        let digests = gone.filter { line in !tags.contains { $0.untagged == line.untagged } }
        return tags + digests + ids.map { Removed(deleted: $0.description) }
    }

    private struct PruneAnswer: Encodable {
        let deleted: [Removed]?
        let bytes: Int64

        enum CodingKeys: String, CodingKey {
            case deleted = "ImagesDeleted"
            case bytes = "SpaceReclaimed"
        }
    }

    private func prune(_ query: EngineQuery) async throws -> Response {
        let filters = try EngineFilters(query, known: ["dangling"])
        let (pods, naming) = (services.pods, naming)
        let all = try filters.flag("dangling") == false
        let pruned = try await OffPool.run { try pods.pruneImages(all: all) }
        for name in pruned.untagged {
            services.events.publishImage("untag", id: naming.text(name), name: naming.text(name))
        }
        for id in pruned.deleted { services.events.publishImage("delete", id: id.description, name: id.description) }
        let lines =
            pruned.untagged.map { Removed(untagged: naming.text($0)) }
            + pruned.deleted.map { Removed(deleted: $0.description) }
        return .json(PruneAnswer(deleted: lines.isEmpty ? nil : lines, bytes: pruned.bytes))
    }
}

extension EngineContext {
    /// What follows a route's fixed beginning, without its percent signs.
    fileprivate func rest() throws(EngineError) -> String {
        guard let text = parameters.getCatchAll().joined(separator: "/").percentDecoded, !text.isEmpty,
            !text.utf8.contains(0)
        else { throw EngineError(.badRequest, "the request's path has no proper name of an image") }
        return text
    }

    /// What follows, its last part taken off.
    fileprivate func action() throws(EngineError) -> (name: String, action: String) {
        let rest = try rest()
        guard let slash = rest.lastIndex(of: "/"), slash > rest.startIndex else { throw EngineError.noRoute }
        return (String(rest[..<slash]), String(rest[rest.index(after: slash)...]))
    }
}
