import OCI
import Registry
import TestSupport
import Testing

@Suite("Redirects of registries")
struct RedirectTests {
    private static let blob = Blob.pattern(1000)

    @Test("a blob is fetched from another origin, which never sees the login")
    func otherOrigin() async throws {
        try await FaultyRegistry.with { storage in
            let digest = storage.add(blob: Self.blob)
            let target = "http://\(storage.name)/v2/x/blobs/\(digest)?signature=secret"
            try await FaultyRegistry.with({ request, _, _ in
                guard request.header("authorization") != nil else {
                    return .init(401, ["WWW-Authenticate": "Basic realm=x"])
                }
                return .init(307, ["Location": target])
            }) { registry in
                let login = RegistryCredentials.password(user: "u", password: "p")
                let source = OneLogin(registry: registry.name, login: login)
                let bytes = try await withClient(credentials: source) { client in
                    try await client.blob(Descriptor(Self.blob), of: registry.reference())
                }
                #expect(bytes == Self.blob)
                #expect(storage.requests.count == 1)
                #expect(storage.requests.allSatisfy { $0.header("authorization") == nil })
            }
        }
    }

    @Test("a redirect on the same origin keeps the login")
    func sameOrigin() async throws {
        try await FaultyRegistry.with({ request, count, good in
            guard request.header("authorization") != nil else {
                return .init(401, ["WWW-Authenticate": "Basic realm=x"])
            }
            if request.path.hasPrefix("/v2/team") { return .init(302, ["Location": "/v2/real/app/blobs/x"]) }
            return .init(200, body: Self.blob)
        }) { registry in
            let login = RegistryCredentials.password(user: "u", password: "p")
            let bytes = try await withClient(credentials: OneLogin(registry: registry.name, login: login)) { client in
                try await client.blob(Descriptor(Self.blob), of: registry.reference())
            }
            #expect(bytes == Self.blob)
        }
    }

    @Test("a circle and a chain without end are told by both of their ends")
    func loops() async throws {
        for isCircle in [true, false] {
            try await FaultyRegistry.with({ request, _, _ in
                .init(302, ["Location": isCircle ? request.path : "\(request.path)x"])
            }) { registry in
                let reason = try await failureMessage(.registry) {
                    try await withClient { client in
                        try await client.blob(Descriptor(Self.blob), of: registry.reference())
                    }
                }
                let start = "http://\(registry.name)/v2/team/app/blobs/sha256:"
                #expect(reason.contains("from \(start)") && reason.contains(" to \(start)"))
                #expect(registry.requests.count == (isCircle ? 1 : 6))
            }
        }
    }
}
