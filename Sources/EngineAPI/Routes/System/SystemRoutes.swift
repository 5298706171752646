import FoundationEssentials
import HTTPTypes
import Hummingbird
import Images
import Linux
import OCI
import Pods
import Registry
import SystemPackage

/// Routes about the daemon itself.
struct SystemRoutes: Sendable {
    let services: EngineServices

    func add(to router: Router<EngineContext>) {
        router.on("/_ping", method: .get) { _, _ in ping("OK") }
        router.on("/_ping", method: .head) { _, _ in ping("") }
        router.on("/version", method: .get) { _, _ in
            Response.json(SystemVersion(version: services.version, kernel: HostFacts.kernel))
        }
        router.on("/info", method: .get) { _, _ in Response.json(try await info()) }
        router.on("/auth", method: .post) { request, _ in try await logIn(request) }
        router.on("/events", method: .get) { request, _ in try EventAnswer(services.events, request.query).response }
        router.on("/system/df", method: .get) { request, context in
            Response.json(try await DiskUsage.measure(services, request.query, context.version))
        }
    }

    private func ping(_ body: String) -> Response {
        var response = Response.text(body)
        response.headers[.cacheControl] = "no-cache, no-store, must-revalidate"
        response.headers.set("Pragma", "no-cache")
        // The classic builder: clients that would speak BuildKit's protocol fail late and without saying why.
        response.headers.set("Builder-Version", "1")
        response.headers.set("Swarm", "inactive")
        return response
    }

    private func info() async throws -> SystemInfo {
        let services = services
        let pods = try await services.pods.list()
        var info = try await OffPool.run { try Self.info(services) }
        info.containers = pods.count
        info.paused = pods.count { $0.state.isPaused }
        info.running = pods.count { $0.state.isRunning } - info.paused
        info.stopped = info.containers - info.running - info.paused
        return info
    }

    private static func info(_ services: EngineServices) throws -> SystemInfo {
        let node = services.pods.node
        let (registries, _) = try services.registries()
        return SystemInfo(
            id: try HostFacts.id(node.root.appending("engine-id")),
            images: try services.pods.images.list().count,
            processors: HostMachine.processorCount,
            memory: try HostMachine.totalMemory(),
            kernel: HostFacts.kernel,
            operatingSystem: HostFacts.operatingSystem,
            host: HostFacts.name,
            root: node.root.string,
            version: services.version,
            time: EngineTime.format(.now),
            registries: configuration(registries),
            index: "https://\(RegistryLogin.indexHost(registries.defaultDomain))/v1/",
            warnings: ["WARNING: containers have no network yet"]
        )
    }

    /// What clients are told of registries: which are on this machine, and the default one's mirrors.
    private static func configuration(_ registries: RegistryConfiguration) -> [String: JSONValue] {
        let mirrors = registries.hosts[registries.defaultDomain]?.mirrors ?? []
        let index = JSONValue.object([
            "Name": .string(registries.defaultDomain), "Secure": .bool(true), "Official": .bool(true),
            "Mirrors": .texts(mirrors.map { "\($0.host)" }),
        ])
        return [
            "InsecureRegistryCIDRs": .texts(["127.0.0.0/8"]), "Mirrors": .texts(mirrors.map { "\($0.host)" }),
            "IndexConfigs": .object([registries.defaultDomain: index]),
        ]
    }

    private struct Login: Encodable {
        let status = "Login Succeeded"
        let token: String

        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case token = "IdentityToken"
        }
    }

    private func logIn(_ request: Request) async throws -> Response {
        let login = try await request.json(RegistryLogin.self)
        let (configuration, _) = try services.registries()
        guard let credentials = try login.credentials else {
            throw EngineError(.badRequest, "a login needs a user name and a password")
        }
        let registry = try login.registry(default: configuration.defaultDomain)
        do {
            let kept = try await RegistryClient.with(configuration, credentials: NoCredentials(), log: services.logger)
            {
                try await $0.checkLogin(registry: registry, credentials)
            }
            if case .identityToken(let token) = kept { return .json(Login(token: token)) }
            return .json(Login(token: ""))
        } catch let error as ImageError where error.code == .unauthorized {
            throw EngineError(.unauthorized, error.message)
        }
    }
}
