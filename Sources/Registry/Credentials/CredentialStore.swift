package import OCI
package import SystemPackage

/// The credentials that `docker login` and its relatives keep for this user.
///
/// They lie in Docker's `config.json` or with the helper that it names; what is neither here nor there is looked for in
/// podman's file, which is only read. The file stays Docker's: keys that mean nothing to us keep their values.
package struct CredentialStore: CredentialSource {
    private let file: CredentialFile
    private let fallback: CredentialFile?
    private let helpers: HelperEnvironment

    /// Describes the store; nothing is read yet.
    ///
    /// - Parameters:
    ///   - folder: the folder of `config.json`, which is made when something is saved.
    ///   - fallback: podman's `auth.json`.
    ///   - searchPath: where credential helpers are, the first wins.
    ///   - environment: the environment that helpers get.
    ///   - helperTimeLimit: how long a helper may take; it may have to ask a keyring over the bus.
    package init(
        folder: FilePath,
        fallback: FilePath? = nil,
        searchPath: [FilePath],
        environment: [String: String],
        helperTimeLimit: Duration = .seconds(30),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        file = CredentialFile(path: folder.appending("config.json"))
        self.fallback = fallback.map { CredentialFile(path: $0) }
        helpers = HelperEnvironment(
            searchPath: searchPath,
            variables: environment,
            timeLimit: helperTimeLimit,
            clock: clock
        )
    }

    /// What is kept for a registry, by the first file that has it.
    package func credentials(for registry: String) async throws(ImageError) -> RegistryCredentials? {
        if let found = try await credentials(for: registry, in: file) { return found }
        guard let fallback else { return nil }
        return try await credentials(for: registry, in: fallback)
    }

    /// Keeps credentials for a registry in place of those that were there.
    ///
    /// - Throws: `.invalidArgument` for a user that cannot be told from its password, `.damaged` for a file that cannot
    ///   be read, which is then left alone; an error of the helper in charge.
    package func save(_ credentials: RegistryCredentials, for registry: String) async throws(ImageError) {
        try Self.check(credentials, registry)
        guard let helper = try await helper(for: registry, in: file) else {
            return try await file.update { try $0.set(credentials, for: registry) }
        }
        try await helper.store(credentials, for: RegistryKey.canonical(registry))
        // An empty entry is how Docker marks a registry whose credentials a helper has.
        try await file.update { try $0.set(nil, for: registry) }
    }

    /// Forgets the credentials for a registry; podman's are podman's.
    ///
    /// - Returns: whether there were any.
    package func erase(_ registry: String) async throws(ImageError) -> Bool {
        let helper = try await helper(for: registry, in: file)
        let kept = try await helper?.erase(RegistryKey.canonical(registry)) ?? false
        let written = try await file.update { try $0.remove(registry) }
        return kept || written
    }
}

extension CredentialStore {
    /// Where a helper is in charge its word counts, as with Docker: the file can have an outdated entry.
    private func credentials(
        for registry: String,
        in file: CredentialFile
    ) async throws(ImageError) -> RegistryCredentials? {
        let configuration = try await file.read()
        guard let helper = try helper(for: registry, in: configuration, file) else {
            return try configuration.credentials(for: registry)
        }
        return try await helper.get(RegistryKey.canonical(registry))
    }

    private func helper(for registry: String, in file: CredentialFile) async throws(ImageError) -> CredentialHelper? {
        try helper(for: registry, in: try await file.read(), file)
    }

    private func helper(
        for registry: String,
        in configuration: DockerConfiguration,
        _ file: CredentialFile
    ) throws(ImageError) -> CredentialHelper? {
        guard let name = try configuration.helper(for: registry) else { return nil }
        return try CredentialHelper(name: name, source: file.path, environment: helpers)
    }

    private static func check(_ credentials: RegistryCredentials, _ registry: String) throws(ImageError) {
        let problem: String? =
            switch credentials {
            case .password(let user, _) where user.isEmpty: "the user name is empty"
            case .password(let user, _) where user.contains(":"): "a user name cannot contain a colon"
            case .identityToken(let token) where token.isEmpty: "the token is empty"
            default: nil
            }
        guard let problem else { return }
        throw ImageError(.invalidArgument, "cannot log in to \(printable(registry.utf8)): \(problem) (give another)")
    }
}
