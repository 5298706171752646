import ArgumentParser
import FoundationEssentials
import OCI
import Registry
import SystemPackage

/// What is known about registries, and who the user is to them.
struct RegistryOptions: ParsableArguments {
    @Option(
        help: "Mirrors and further settings of registries (default: $APUS_REGISTRIES or /etc/apus/registries.yaml)."
    )
    var registries: String?

    /// The settings; the defaults where there is no file.
    func configuration() throws -> RegistryConfiguration { try Self.configuration(named: registries) }

    /// The settings in a file that was named, or in the one that the environment or custom names.
    static func configuration(
        named file: String?,
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> RegistryConfiguration {
        let named = file ?? environment["APUS_REGISTRIES"]
        let path = FilePath(named ?? "/etc/apus/registries.yaml")
        guard named == nil || FileManager.default.fileExists(atPath: path.string) else {
            throw ValidationError("there is no file \(path) (see --registries and APUS_REGISTRIES)")
        }
        return try RegistryConfiguration.load(path)
    }

    /// The user's logins, kept where Docker keeps them.
    func credentials(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> CredentialStore {
        guard let store = CredentialStore(environment: environment) else {
            throw ValidationError("there is no place for logins: neither HOME nor DOCKER_CONFIG is set")
        }
        return store
    }

    /// Settings and logins as an environment has them.
    static func access(_ environment: [String: String]) throws -> (RegistryConfiguration, any CredentialSource) {
        (try configuration(named: nil, environment), CredentialStore(environment: environment) ?? NoCredentials())
    }

    /// Runs a body with a client for all registries.
    func withClient<Result: Sendable>(
        _ body: (RegistryClient, RegistryConfiguration) async throws -> Result
    ) async throws -> Result {
        let configuration = try configuration()
        let environment = ProcessInfo.processInfo.environment
        let credentials: any CredentialSource = CredentialStore(environment: environment) ?? NoCredentials()
        return try await RegistryClient.with(configuration, credentials: credentials) { client in
            try await body(client, configuration)
        }
    }
}
