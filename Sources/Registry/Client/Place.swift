import AsyncHTTPClient
import NIOHTTP1
import OCI

/// One endpoint of one registry, and how to talk to it: challenges are answered and redirects followed.
struct Place: Sendable {
    /// The name that image references have for it.
    let registry: String
    let endpoint: RegistryEndpoint
    let transport: Transport
    let authenticator: Authenticator

    /// How messages call it.
    var name: String {
        endpoint.isMirror
            ? "mirror \"\(endpoint.authority)\" of \"\(registry)\"" : "registry \"\(registry)\""
    }

    /// The address of something under `/v2`.
    func address(_ path: String, _ query: [(name: String, value: String)] = []) throws(RegistryFailure) -> WebAddress {
        guard let address = WebAddress(endpoint.base + path)?.adding(query) else {
            throw RegistryFailure(.invalidArgument, "\"\(endpoint.base)\" is no address (check the configuration)")
        }
        return address
    }

    /// How a connection is checked: the endpoint's own laxness counts for its own host only.
    func security(for address: WebAddress) -> RegistryEndpoint.Security {
        guard address.origin.isSecure else { return .plain }
        switch endpoint.security {
        case .verified: return endpoint.security
        case .unverified where address.origin.host == endpoint.host.lowercased(): return .unverified
        case .unverified, .plain: return .verified(authorities: [])
        }
    }

    /// Sends a request, answers a challenge once, and follows redirects of what is only read.
    ///
    /// - Parameters:
    ///   - scope: what the request does, for the token.
    ///   - accepted: the statuses that count as success.
    ///   - missing: what a 404 means.
    /// - Throws: `RegistryFailure` for other statuses.
    func send(
        _ request: WebRequest,
        _ scope: Scope,
        accepting accepted: Set<UInt> = [200],
        missing: String? = nil
    ) async throws -> HTTPClientResponse {
        var redirects = RedirectPolicy(from: request.address)
        var request = request
        while true {
            let isOwn = redirects.keepsAuthorization && isOwn(request.address)
            let response = try await isOwn ? authorized(request, scope) : bare(request)
            guard Self.isRedirect(response), request.method == .GET || request.method == .HEAD else {
                return try await check(response, scope, accepted, missing)
            }
            try redirects.follow(response.headers.first(name: "Location"))
            request.address = redirects.current
        }
    }

    private func authorized(_ request: WebRequest, _ scope: Scope) async throws -> HTTPClientResponse {
        let response = try await bare(request, authenticator.known(self, scope))
        guard response.status == .unauthorized else { return response }
        let challenges = Challenge.parse(response.headers["WWW-Authenticate"])
        guard !challenges.isEmpty else { return response }
        return try await bare(request, authenticator.answer(challenges, self, scope))
    }

    private func bare(_ request: WebRequest, _ grant: GrantCache.Grant? = nil) async throws -> HTTPClientResponse {
        var request = request
        if let grant { request.headers.replaceOrAdd(name: "Authorization", value: grant.header) }
        return try await transport.send(request, security: security(for: request.address))
    }

    private func check(
        _ response: HTTPClientResponse,
        _ scope: Scope,
        _ accepted: Set<UInt>,
        _ missing: String?
    ) async throws -> HTTPClientResponse {
        guard !accepted.contains(response.status.code) else { return response }
        let refused = await RefusedAnswer(response)
        let isPersonal = authenticator.known(self, scope)?.isPersonal ?? false
        switch refused.status {
        case 401 where !isPersonal: throw needsLogin(refused)
        case 401: throw refusesLogin(refused)
        case 403: throw denies(refused, isPersonal)
        case 404 where missing != nil:
            throw RegistryFailure(.notFound, missing ?? "", status: 404)
        default: throw refused.failure(name)
        }
    }

    private func isOwn(_ address: WebAddress) -> Bool {
        address.origin == WebAddress(endpoint.base)?.origin
    }

    private static func isRedirect(_ response: HTTPClientResponse) -> Bool {
        [301, 302, 303, 307, 308].contains(response.status.code)
    }
}
