import FoundationEssentials
import OCI

/// How Docker writes credentials into an entry of `auths`.
enum AuthEntry {
    /// What is wrong with an entry, without any of its content.
    struct Damage: Error {
        let problem: String
    }

    private static let keys = ["auth", "identitytoken", "password", "registrytoken", "username"]

    /// The credentials in an entry; `nil` if it is empty, as it is where a helper has them.
    static func credentials(in entry: [String: JSONValue]) throws(Damage) -> RegistryCredentials? {
        if let token = try text("identitytoken", in: entry) { return .identityToken(token) }
        if let auth = try text("auth", in: entry) { return try decode(auth) }
        guard let user = try text("username", in: entry) else { return nil }
        return .password(user: user, password: try text("password", in: entry) ?? "")
    }

    /// An entry's members for credentials.
    static func members(of credentials: RegistryCredentials) -> [String: JSONValue] {
        switch credentials {
        case .password(let user, let password):
            ["auth": .string(Data("\(user):\(password)".utf8).base64EncodedString())]
        case .identityToken(let token):
            ["identitytoken": .string(token)]
        }
    }

    /// What an entry has beside credentials.
    static func withoutCredentials(_ entry: [String: JSONValue]) -> [String: JSONValue] {
        entry.filter { !keys.contains($0.key) }
    }

    /// The user ends at the first colon; the NULs that Docker once padded passwords with belong to none.
    private static func decode(_ auth: String) throws(Damage) -> RegistryCredentials {
        guard let bytes = Data(base64Encoded: auth), let text = String(validating: bytes, as: UTF8.self) else {
            throw Damage(problem: "has an \"auth\" that is no text in base 64")
        }
        guard let colon = text.firstIndex(of: ":") else {
            throw Damage(problem: "has an \"auth\" without a colon between user and password")
        }
        var password = text[text.index(after: colon)...].unicodeScalars
        while password.last?.value == 0 { password.removeLast() }
        return .password(user: String(text[..<colon]), password: String(password))
    }

    private static func text(_ key: String, in entry: [String: JSONValue]) throws(Damage) -> String? {
        switch entry[key] {
        case nil, .null, .string(""): return nil
        case .string(let text): return text
        default: throw Damage(problem: "has a \"\(key)\" that is not a string")
        }
    }
}
