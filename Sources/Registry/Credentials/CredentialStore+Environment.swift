package import SystemPackage

extension CredentialStore {
    /// The store of the user whose environment this is; `nil` if it names neither a home nor a folder.
    package init?(environment: [String: String]) {
        guard let folder = Self.folder(environment) else { return nil }
        self.init(
            folder: folder,
            fallback: Self.podmanFile(environment),
            searchPath: Self.searchPath(environment),
            environment: environment
        )
    }

    /// The folder of Docker's configuration: `$DOCKER_CONFIG`, or `.docker` in the user's home.
    package static func folder(_ environment: [String: String]) -> FilePath? {
        if let folder = path("DOCKER_CONFIG", environment) { return folder }
        return path("HOME", environment)?.appending(".docker")
    }

    /// Where podman keeps credentials until the machine is shut down.
    package static func podmanFile(_ environment: [String: String]) -> FilePath? {
        path("XDG_RUNTIME_DIR", environment)?.appending("containers/auth.json")
    }

    /// The folders of `$PATH`; relative ones are left out, for they would mean another program in every folder.
    package static func searchPath(_ environment: [String: String]) -> [FilePath] {
        (environment["PATH"] ?? "").split(separator: ":").map { FilePath(String($0)) }.filter(\.isAbsolute)
    }

    private static func path(_ name: String, _ environment: [String: String]) -> FilePath? {
        environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) }
    }
}
