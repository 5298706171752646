import FoundationEssentials
import Hummingbird
import OCI
import Registry

/// A login as clients send it, in a body or in the header `X-Registry-Auth`.
struct RegistryLogin: Decodable, Sendable {
    var username: String?
    var password: String?
    var auth: String?
    var serveraddress: String?
    var identitytoken: String?
    var registrytoken: String?

    /// What is shown to the registry; `nil` for nobody in particular.
    var credentials: RegistryCredentials? {
        get throws(EngineError) {
            if let token = identitytoken, !token.isEmpty { return .identityToken(token) }
            if let user = username, !user.isEmpty { return .password(user: user, password: password ?? "") }
            if let token = registrytoken, !token.isEmpty {
                throw EngineError(.badRequest, "a registrytoken is not understood (log in with a name and a password)")
            }
            guard let auth, !auth.isEmpty else { return nil }
            guard let bytes = Data(base64Encoded: auth), let text = String(validating: bytes, as: UTF8.self),
                let colon = text.firstIndex(of: ":")
            else { throw EngineError(.badRequest, "the login's auth is not NAME:PASSWORD in base 64") }
            return .password(user: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
        }
    }

    /// Which registry it is for; the default one has an address with a path, which is as old as Docker.
    func registry(default standard: String) throws(EngineError) -> String {
        guard let address = serveraddress, !address.isEmpty else { return standard }
        let host = String(address.replacing("https://", with: "").replacing("http://", with: "").prefix { $0 != "/" })
        guard ImageReference.isHost(host) else {
            throw EngineError(.badRequest, "serveraddress \"\(printable(address.utf8))\" is not that of a registry")
        }
        return host == Self.indexHost(ImageReference.defaultDomain) ? ImageReference.defaultDomain : host
    }

    /// The host that clients log in to for a default registry; Docker's own has another than its images.
    static func indexHost(_ registry: String) -> String {
        registry == ImageReference.defaultDomain ? "index.\(registry)" : registry
    }

    /// Reads the header of a request; `nil` if it has none.
    static func header(of request: Request) throws(EngineError) -> RegistryLogin? {
        guard let text = request.headers.text("X-Registry-Auth"), !text.isEmpty else { return nil }
        // Clients differ in alphabet and padding.
        var plain = text.replacing("-", with: "+").replacing("_", with: "/")
        plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        guard let bytes = Data(base64Encoded: plain), !bytes.isEmpty else {
            throw EngineError(.badRequest, "the header X-Registry-Auth is not in base 64")
        }
        guard let login = try? JSONDecoder().decode(RegistryLogin.self, from: bytes) else {
            throw EngineError(.badRequest, "the header X-Registry-Auth has no login in JSON")
        }
        return login
    }
}

/// One login for one registry.
struct OneLogin: CredentialSource {
    let registry: String
    let credentials: RegistryCredentials?

    func credentials(for registry: String) -> RegistryCredentials? {
        registry == self.registry ? credentials : nil
    }
}
