import HTTPTypes
import Hummingbird
import OCI

/// Routes of what a node does not have: they answer as a Docker without it does.
struct AbsentRoutes: Sendable {
    func add(to router: Router<EngineContext>) {
        addSwarm(to: router)
        router.on("/plugins", method: .get) { _, _ in Response.json([String]()) }
        router.on("/build", method: .post) { _, _ in try refuseBuild() }
        router.on("/session", method: .post) { _, _ in try refuseBuild() }
        router.on("/grpc", method: .post) { _, _ in try refuseBuild() }
        router.on("/build/prune", method: .post) { _, _ in
            Response.json(["CachesDeleted": JSONValue.array([]), "SpaceReclaimed": .number(0)])
        }
        addNetworks(to: router)
        router.on("/volumes", method: .get) { _, _ in
            Response.json(["Volumes": JSONValue.array([]), "Warnings": .null])
        }
        router.on("/volumes/create", method: .post) { _, _ in try refuse("volumes") }
        router.on("/volumes/prune", method: .post) { _, _ in
            Response.json(["VolumesDeleted": JSONValue.null, "SpaceReclaimed": .number(0)])
        }
        router.on("/volumes/{name}", method: .get) { _, context in try missing("volume", context) }
        router.on("/volumes/{name}", method: .delete) { _, context in try missing("volume", context) }
    }

    private func addNetworks(to router: Router<EngineContext>) {
        router.on("/networks", method: .get) { request, _ in
            let filters = try EngineFilters(request.query, known: Self.networkFilters)
            return Response.json(Self.isWanted(filters) ? [Self.none] : [])
        }
        router.on("/networks/create", method: .post) { _, _ in try refuse("networks") }
        router.on("/networks/prune", method: .post) { _, _ in Response.json(["NetworksDeleted": JSONValue.null]) }
        router.on("/networks/{name}", method: .get) { _, context in
            let name = try context.parameter("name")
            guard name == "none" || Self.noneID.hasPrefix(name) else { return try missing("network", context) }
            return Response.json(Self.none)
        }
        router.on("/networks/{name}", method: .delete) { _, context in
            guard try context.parameter("name") != "none" else {
                throw EngineError(.forbidden, "none is a pre-defined network and cannot be removed")
            }
            return try missing("network", context)
        }
    }

    private func addSwarm(to router: Router<EngineContext>) {
        for path in ["/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs"] {
            for path in [path, path + "/**"] {
                for method in [HTTPRequest.Method.get, .post, .delete] {
                    router.on(RouterPath(path), method: method) { _, _ -> Response in
                        throw EngineError(
                            .serviceUnavailable,
                            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to "
                                + "connect this node to swarm and try again."
                        )
                    }
                }
            }
        }
    }

    private func refuseBuild() throws -> Response {
        throw EngineError(
            .notImplemented,
            "this node builds no images (build with buildah or docker, then push and pull, or save and load)"
        )
    }

    private func refuse(_ what: String) throws -> Response {
        throw EngineError(.notImplemented, "this node has no \(what) yet")
    }

    private func missing(_ kind: String, _ context: EngineContext) throws -> Response {
        let name = printable(try context.parameter("name").utf8)
        throw EngineError(.notFound, kind == "network" ? "network \(name) not found" : "get \(name): no such volume")
    }

    private static let networkFilters: Set<String> = ["dangling", "driver", "id", "label", "name", "scope", "type"]

    /// Any fixed digits; it is the same network on every node.
    private static let noneID = String(repeating: "0", count: 63) + "1"

    private static func isWanted(_ filters: EngineFilters) -> Bool {
        filters.allows("name") { "none".contains($0) } && filters.allows("id") { noneID.hasPrefix($0) }
            && filters.allows("driver") { $0 == "null" } && filters.allows("scope") { $0 == "local" }
            && filters.allows("type") { $0 == "builtin" } && filters.allowsLabels([:])
            && filters.allows("dangling") { $0 == "true" || $0 == "1" }
    }

    /// The network of containers that have none.
    private static let none = JSONValue.object([
        "Name": .string("none"), "Id": .string(noneID), "Created": .string("0001-01-01T00:00:00Z"),
        "Scope": .string("local"), "Driver": .string("null"), "EnableIPv6": .bool(false),
        "IPAM": .object(["Driver": .string("default"), "Options": .null, "Config": .array([])]),
        "Internal": .bool(false), "Attachable": .bool(false), "Ingress": .bool(false),
        "ConfigFrom": .object(["Network": .string("")]), "ConfigOnly": .bool(false), "Containers": .object([:]),
        "Options": .object([:]), "Labels": .object([:]),
    ])
}
