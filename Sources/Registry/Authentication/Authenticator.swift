import AsyncHTTPClient
import NIOHTTP1
import OCI

/// Earns what a registry asks for with a challenge: a token from the server that it names, or the password itself.
///
/// Credentials go to the registry that they belong to, and to its token server over TLS; to nobody else.
struct Authenticator: Sendable {
    let transport: Transport
    let credentials: any CredentialSource
    private let cache = GrantCache()

    init(transport: Transport, credentials: any CredentialSource) {
        self.transport = transport
        self.credentials = credentials
    }

    /// What was accepted before, if it still counts.
    func known(_ place: Place, _ scope: Scope) -> GrantCache.Grant? {
        cache.grant(key(place, scope), now: transport.policy.now())
    }

    /// Answers a challenge.
    ///
    /// - Throws: `.unauthorized` if there is nothing to answer it with.
    func answer(_ challenges: [Challenge], _ place: Place, _ scope: Scope) async throws -> GrantCache.Grant {
        let credentials = place.endpoint.isMirror ? nil : try await credentials.credentials(for: place.registry)
        let grant: GrantCache.Grant
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            let realm = try TokenRealm(bearer, place)
            let answer = try await token(realm, TokenQuery(realm, scope.asked(bearer), credentials), place)
            grant = try self.grant(answer, isPersonal: credentials != nil, place)
        } else if challenges.contains(where: { $0.scheme == "basic" }) {
            grant = try basic(credentials, place)
        } else {
            throw RegistryFailure(
                .unauthorized,
                "\(place.name) wants a kind of login that is not supported (Basic and Bearer are)"
            )
        }
        cache.store(grant, key(place, scope))
        return grant
    }

    /// Asks a token server.
    func token(_ realm: TokenRealm, _ query: TokenQuery, _ place: Place) async throws -> TokenAnswer {
        let request = try query.request(realm)
        let response = try await transport.send(request, security: place.security(for: request.address))
        guard response.status.code == 200 else {
            throw await refusal(RefusedAnswer(response), realm, query, place)
        }
        let bytes = try await AnswerBody.collect(response, limit: 1 << 20, from: request.address)
        return try JSONFile.decode(
            TokenAnswer.self,
            bytes,
            name: "the answer of the token server \(realm.address.origin)",
            code: .registry
        )
    }

    private func grant(_ answer: TokenAnswer, isPersonal: Bool, _ place: Place) throws -> GrantCache.Grant {
        guard let token = answer.usable else {
            throw RegistryFailure(.registry, "the token server of \(place.name) gave no token (tell its operator)")
        }
        let expiry = transport.policy.now() + answer.lifetime
        return .init(header: "Bearer \(token)", expiry: expiry, isPersonal: isPersonal)
    }

    private func basic(_ credentials: RegistryCredentials?, _ place: Place) throws -> GrantCache.Grant {
        guard case .password(let user, let password) = credentials else { throw place.needsLogin() }
        return .init(header: Self.basic(user, password), expiry: nil, isPersonal: true)
    }

    static func basic(_ user: String, _ password: String) -> String {
        "Basic \(Base64.encode("\(user):\(password)"))"
    }

    private func key(_ place: Place, _ scope: Scope) -> GrantCache.Key {
        .init(registry: place.registry, endpoint: place.endpoint.base, scope: scope)
    }

    private func refusal(
        _ refused: RefusedAnswer,
        _ realm: TokenRealm,
        _ query: TokenQuery,
        _ place: Place
    ) -> RegistryFailure {
        // 400 is what OAuth says about a token that is no longer good (RFC 6749, section 5.2).
        let isDenied = [401, 403].contains(refused.status) || (refused.status == 400 && query.credentials != nil)
        guard isDenied else { return refused.failure("the token server \(realm.address.origin)") }
        return query.credentials == nil ? place.needsLogin() : place.refusesLogin(refused)
    }
}
