import AsyncHTTPClient
import NIOHTTP1
import OCI

extension RegistryClient {
    /// Tries credentials out.
    ///
    /// - Returns: what to keep of them: a refresh token, if the registry's token server gives one for the password.
    /// - Throws: `.unauthorized` if the registry refuses them.
    package func checkLogin(
        registry: String,
        _ credentials: RegistryCredentials
    ) async throws -> RegistryCredentials {
        try await atRegistry(registry, "log in to \"\(registry)\"") { place in
            let request = WebRequest(.GET, try place.address("/"))
            let response = try await transport.send(request, security: place.security(for: request.address))
            if response.status == .ok { return credentials }
            guard response.status == .unauthorized else {
                let refused = await RefusedAnswer(response)
                guard refused.status == 404 else { throw refused.failure(place.name) }
                throw RegistryFailure(.registry, "\(place.name) is no registry (check the name)")
            }
            let challenges = Challenge.parse(response.headers["WWW-Authenticate"])
            return try await answer(challenges, credentials, request, place)
        }
    }

    private func answer(
        _ challenges: [Challenge],
        _ credentials: RegistryCredentials,
        _ request: WebRequest,
        _ place: Place
    ) async throws -> RegistryCredentials {
        var kept = credentials
        var request = request
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            let realm = try TokenRealm(bearer, place)
            var query = TokenQuery(realm, Scope.offered.asked(bearer), credentials)
            query.isOffline = true
            let answer = try await authenticator.token(realm, query, place)
            request.headers.add(name: "Authorization", value: "Bearer \(answer.usable ?? "")")
            if let token = answer.refreshToken, !token.isEmpty { kept = .identityToken(token) }
        } else if case .password(let user, let password) = credentials {
            request.headers.add(name: "Authorization", value: Authenticator.basic(user, password))
        }
        let response = try await transport.send(request, security: place.security(for: request.address))
        if response.status == .ok { return kept }
        let refused = await RefusedAnswer(response)
        throw refused.status == 401 ? place.refusesLogin(refused) : refused.failure(place.name)
    }
}
