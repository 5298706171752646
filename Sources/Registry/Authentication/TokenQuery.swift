import NIOHTTP1
import OCI

/// A question to a token server.
struct TokenQuery: Sendable {
    let service: String?
    let scopes: [String]
    let credentials: RegistryCredentials?
    /// Whether a refresh token is wanted too, to keep in place of the password.
    var isOffline = false

    init(_ realm: TokenRealm, _ scopes: [String], _ credentials: RegistryCredentials?) {
        service = realm.service
        self.scopes = scopes
        self.credentials = credentials
    }

    /// A refresh token is shown in the body of a POST (OAuth 2), everything else asks with GET.
    func request(_ realm: TokenRealm) throws(RegistryFailure) -> WebRequest {
        if case .identityToken(let token) = credentials { return refreshing(realm, token) }
        guard let address = realm.address.adding(fields) else {
            throw RegistryFailure(.registry, "the question to the token server \(realm.address.origin) is too long")
        }
        var headers = HTTPHeaders()
        if case .password(let user, let password) = credentials {
            headers.add(name: "Authorization", value: Authenticator.basic(user, password))
        }
        return WebRequest(.GET, address, headers: headers)
    }

    private func refreshing(_ realm: TokenRealm, _ token: String) -> WebRequest {
        let fields = [
            ("grant_type", "refresh_token"), ("service", service ?? ""), ("client_id", Self.client),
            ("scope", scopes.joined(separator: " ")), ("refresh_token", token),
        ]
        return WebRequest(
            .POST,
            realm.address,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: .bytes(Array(WebAddress.form(fields.map { (name: $0.0, value: $0.1) }).utf8))
        )
    }

    private var fields: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        if let service { fields.append(("service", service)) }
        fields += scopes.map { ("scope", $0) }
        if case .password(let user, _) = credentials { fields.append(("account", user)) }
        if isOffline { fields += [("offline_token", "true"), ("client_id", Self.client)] }
        return fields
    }

    private static let client = "apus"
}
