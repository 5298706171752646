import HTTPTypes
import Hummingbird
import Images
import OCI
import Registry

/// Routes that ask registries.
extension ImageRoutes {
    /// Runs a body with a client that shows the login of a request to the registry that it is for.
    private static func withClient<Success: Sendable>(
        _ services: EngineServices,
        _ login: RegistryLogin?,
        for registry: String,
        _ body: (RegistryClient) async throws -> Success
    ) async throws -> Success {
        let (configuration, _) = try services.registries()
        let source = OneLogin(registry: registry, credentials: try login?.credentials)
        return try await RegistryClient.with(configuration, credentials: source, log: services.logger, body)
    }

    /// `POST /images/create`: a pull, or an import.
    func create(_ request: Request) async throws -> Response {
        let query = request.query
        if let platform = query["platform"], !platform.isEmpty { try Self.check(platform) }
        guard let name = query["fromImage"], !name.isEmpty else { return try importArchive(request) }
        let login = try RegistryLogin.header(of: request)
        _ = try login?.credentials
        guard query["tag"] != nil || hasTag(name) else {
            throw EngineError(.badRequest, "all tags of a repository cannot be pulled at once (name a tag)")
        }
        let reference = try reference(name, tag: query["tag"])
        let (services, store, text) = (services, store, naming.text(reference))
        return ProgressAnswer.of { progress in
            _ = try await Self.withClient(services, login, for: reference.domain) { client in
                try await store.pull(reference, with: client, progress: progress)
            }
            services.events.publishImage("pull", id: text, name: text)
            return []
        }
    }

    private func hasTag(_ name: String) -> Bool {
        name.contains("@") || name.split(separator: "/").last?.contains(":") == true
    }

    /// The only platform that this machine's guests run.
    private static func check(_ platform: String) throws(EngineError) {
        let parts = platform.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let names = ["x86_64": "amd64", "aarch64": "arm64"]
        let architecture = parts.count > 1 ? parts[1] : parts[0] == "linux" ? Platform.host.architecture : parts[0]
        guard parts.count == 1 || parts[0] == "linux",
            (names[architecture] ?? architecture) == Platform.host.architecture
        else {
            throw EngineError(
                .badRequest,
                "platform \"\(printable(platform.utf8))\" cannot be run here (this node runs \(Platform.host))"
            )
        }
    }

    /// `POST /images/{name}/push`.
    func push(_ name: String, _ request: Request) async throws -> Response {
        let login = try RegistryLogin.header(of: request)
        _ = try login?.credentials
        let references = try await references(toPush: name, tag: request.query["tag"])
        let (services, store, naming) = (services, store, naming)
        return ProgressAnswer.of { progress in
            for reference in references {
                _ = try await Self.withClient(services, login, for: reference.domain) { client in
                    try await store.push(reference, with: client, progress: progress)
                }
                services.events.publishImage("push", id: naming.text(reference), name: naming.text(reference))
            }
            return []
        }
    }

    /// The name that is meant; without a tag all that the repository has here.
    private func references(toPush name: String, tag: String?) async throws -> [ImageReference] {
        let reference = try reference(name, tag: tag)
        let store = store
        let names = try await OffPool.run { try store.list().flatMap(\.references) }
        let isWhole = (tag ?? "").isEmpty && !hasTag(name)
        let wanted = names.filter { known in
            guard isWhole else { return known == reference }
            return known.domain == reference.domain && known.path == reference.path && known.digest == nil
        }
        guard !wanted.isEmpty else {
            let missing = isWhole ? naming.repository(reference) : naming.text(reference)
            throw EngineError(.notFound, "An image does not exist locally with the tag: \(missing)")
        }
        return wanted
    }

    private struct Found: Encodable {
        let name: String
        let description: String
        let stars: Int
        let isOfficial: Bool
        let isAutomated: Bool

        enum CodingKeys: String, CodingKey {
            case name, description
            case stars = "star_count"
            case isOfficial = "is_official"
            case isAutomated = "is_automated"
        }

        init(_ result: SearchResult) {
            (name, description, stars) = (result.name, result.description, result.stars)
            (isOfficial, isAutomated) = (result.isOfficial, result.isAutomated)
        }
    }

    /// `GET /images/search`.
    func search(_ query: EngineQuery) async throws -> Response {
        let filters = try EngineFilters(query, known: ["is-automated", "is-official", "stars"])
        guard let term = query["term"], !term.isEmpty else { throw EngineError(.badRequest, "a search needs a term") }
        let limit = try query.number("limit") ?? 25
        guard (1...100).contains(limit) else {
            throw EngineError(.badRequest, "limit \(limit) is outside the range of [1, 100]")
        }
        let (official, automated) = (try filters.flag("is-official"), try filters.flag("is-automated"))
        let stars = filters["stars"].compactMap { Int($0) }.max() ?? 0
        let (registry, word) = split(term)
        let results = try await Self.withClient(services, nil, for: registry) { client in
            try await client.search(word, on: registry, limit: limit)
        }
        let wanted = results.filter { result in
            result.stars >= stars && official.map { $0 == result.isOfficial } ?? true
                && automated.map { $0 == result.isAutomated } ?? true
        }
        return .json(wanted.map(Found.init))
    }

    /// A registry's name and a slash before the term ask that registry.
    private func split(_ term: String) -> (registry: String, word: String) {
        let parts = term.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, ImageReference.isRegistry(parts[0]) else { return (store.defaultDomain, term) }
        return (parts[0], parts[1])
    }

    private struct Distribution: Encodable {
        let descriptor: Descriptor
        let platforms: [Target]

        enum CodingKeys: String, CodingKey {
            case descriptor = "Descriptor"
            case platforms = "Platforms"
        }

        struct Target: Encodable {
            let architecture: String
            let os: String
        }
    }

    /// `GET /distribution/{name}/json`: what a registry has under a name.
    func distribution(of name: String, _ request: Request) async throws -> Response {
        let reference = try reference(name, tag: nil)
        let login = try RegistryLogin.header(of: request)
        let answer = try await Self.withClient(services, login, for: reference.domain) { client in
            let fetched = try await client.manifest(reference)
            let manifest = try Manifest(blob: fetched.bytes, name: "the manifest of \"\(name)\"")
            let platforms = (manifest.manifests ?? []).compactMap(\.platform).map {
                Distribution.Target(architecture: $0.architecture ?? "", os: $0.os ?? "")
            }
            return Distribution(descriptor: fetched.descriptor, platforms: platforms)
        }
        return .json(answer)
    }
}
