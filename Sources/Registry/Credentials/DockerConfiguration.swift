import FoundationEssentials
import OCI
import SystemPackage

/// The content of Docker's `config.json`, or of podman's `auth.json`, as far as it is about credentials.
///
/// The rest is kept as it is: the file belongs to other programs too.
struct DockerConfiguration: Equatable, Sendable {
    private let path: FilePath
    private var document: [String: JSONValue] = [:]

    /// The content of a file that is not there.
    init(path: FilePath) {
        self.path = path
    }

    /// Reads a file's content; the path is for messages.
    init(_ bytes: [UInt8], path: FilePath) throws(ImageError) {
        self.path = path
        guard !bytes.isEmpty else { return }
        guard let document = (try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)))?.members else {
            throw ImageError(.damaged, "\(path) is damaged: it is no JSON object (repair or remove it)")
        }
        self.document = document
        for key in ["auths", "credHelpers"] { _ = try section(key) }
    }

    /// What the file shall contain.
    func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(JSONValue.object(document))) + [UInt8(ascii: "\n")]
    }

    /// The credential helper that is in charge of a registry; `nil` if the file itself is.
    func helper(for registry: String) throws(ImageError) -> String? {
        let helpers = try section("credHelpers")
        let specific = RegistryKey.matches(registry, in: helpers.keys).first.flatMap { helpers[$0] }
        guard let value = specific ?? document["credsStore"], value != .null, value != .string("") else { return nil }
        guard let name = value.string else { throw damaged("the helper for \(registry)", "is not a string") }
        return name
    }

    /// The credentials that the file itself has for a registry.
    func credentials(for registry: String) throws(ImageError) -> RegistryCredentials? {
        let entries = try section("auths")
        for key in RegistryKey.matches(registry, in: entries.keys) {
            let name = "the entry \"\(printable(key.utf8))\" of \"auths\""
            guard let entry = entries[key]?.members else { throw damaged(name, "is not an object") }
            do {
                if let found = try AuthEntry.credentials(in: entry) { return found }
            } catch {
                throw damaged(name, error.problem)
            }
        }
        return nil
    }

    /// Enters credentials, or with `nil` the mark that a helper has them.
    mutating func set(_ credentials: RegistryCredentials?, for registry: String) throws(ImageError) {
        var entries = try section("auths")
        let key = RegistryKey.canonical(registry)
        var entry = AuthEntry.withoutCredentials(entries[key]?.members ?? [:])
        if let credentials { entry.merge(AuthEntry.members(of: credentials)) { _, new in new } }
        entries[key] = .object(entry)
        document["auths"] = .object(entries)
    }

    /// Removes all that the file says about a registry's credentials.
    ///
    /// - Returns: whether there were any.
    mutating func remove(_ registry: String) throws(ImageError) -> Bool {
        var entries = try section("auths")
        let keys = RegistryKey.matches(registry, in: entries.keys)
        guard !keys.isEmpty else { return false }
        keys.forEach { entries[$0] = nil }
        document["auths"] = .object(entries)
        return true
    }
}

extension DockerConfiguration {
    private func section(_ key: String) throws(ImageError) -> [String: JSONValue] {
        switch document[key] {
        case nil, .null: return [:]
        case .object(let members): return members
        default: throw damaged("\"\(key)\"", "is not an object")
        }
    }

    private func damaged(_ part: String, _ problem: String) -> ImageError {
        ImageError(.damaged, "\(path) is damaged: \(part) \(problem) (log in again, or repair or remove it)")
    }
}
