import FoundationEssentials
import OCI
import SystemPackage

/// A program that keeps credentials for Docker, such as `docker-credential-pass`.
///
/// The protocol is that of Docker's credential helpers: a verb as the only argument, the server's key or JSON on
/// standard input, JSON on standard output.
struct CredentialHelper: Sendable {
    /// What goes both ways.
    private struct Record: Codable {
        private enum CodingKeys: String, CodingKey {
            case server = "ServerURL"
            case user = "Username"
            case secret = "Secret"
        }

        var server: String?
        var user: String
        var secret: String
    }

    private let program: HelperProgram

    /// Finds the program.
    ///
    /// - Throws: `.invalidArgument` for a name that could leave the search path, `.missingTool` if it is nowhere there.
    init(name: String, source: FilePath, environment: HelperEnvironment) throws(ImageError) {
        guard Self.isName(name) else {
            throw ImageError(
                .invalidArgument,
                "\(source) names a credential helper \"\(printable(name.utf8))\", which cannot be one (correct it)"
            )
        }
        program = try environment.locate("docker-credential-\(name)", namedBy: source)
    }

    /// What the helper has for a key; `nil` if it says that it has nothing.
    func get(_ key: String) async throws(ImageError) -> RegistryCredentials? {
        let answer = try await program.run("get", key, input: Array(key.utf8))
        guard answer.isSuccess else {
            let words = String(decoding: answer.output, as: UTF8.self)
            guard words.contains(Self.notFound) else { throw program.failed("get", key, answer.status) }
            return nil
        }
        guard let record = try? JSONDecoder().decode(Record.self, from: Data(answer.output)) else {
            throw program.complaint("get", key, "its answer is not of the form that Docker defines")
        }
        if record.user.isEmpty, record.secret.isEmpty { return nil }
        guard record.user != Self.tokenUser else { return .identityToken(record.secret) }
        return .password(user: record.user, password: record.secret)
    }

    /// Gives credentials to the helper.
    func store(_ credentials: RegistryCredentials, for key: String) async throws(ImageError) {
        let record =
            switch credentials {
            case .password(let user, let password): Record(server: key, user: user, secret: password)
            case .identityToken(let token): Record(server: key, user: Self.tokenUser, secret: token)
            }
        guard let input = try? JSONEncoder().encode(record) else {
            throw program.complaint("store", key, "the credentials cannot be written as JSON")
        }
        let answer = try await program.run("store", key, input: Array(input))
        guard answer.isSuccess else { throw program.failed("store", key, answer.status) }
    }

    /// Makes the helper forget.
    ///
    /// - Returns: whether it had anything.
    func erase(_ key: String) async throws(ImageError) -> Bool {
        guard try await get(key) != nil else { return false }
        let answer = try await program.run("erase", key, input: Array(key.utf8))
        guard answer.isSuccess else { throw program.failed("erase", key, answer.status) }
        return true
    }

    /// The user name that stands for an identity token.
    private static let tokenUser = "<token>"
    /// How helpers say, on standard output, that they have nothing; Docker recognises it by these words.
    private static let notFound = "credentials not found in native keychain"

    /// What names a file in a folder, and nothing else.
    private static func isName(_ name: String) -> Bool {
        let isFine = { (byte: UInt8) in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-._".utf8.contains(byte)
            }
        }
        return !name.isEmpty && name.utf8.count <= 64 && name.utf8.allSatisfy(isFine)
    }
}
