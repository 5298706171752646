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
    func configuration(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> RegistryConfiguration {
        let named = registries ?? environment["APUS_REGISTRIES"]
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
        CredentialStore(environment: environment)
    }

    /// Runs a body with a client for all registries.
    func withClient<Result: Sendable>(
        _ body: (RegistryClient, RegistryConfiguration) async throws -> Result
    ) async throws -> Result {
        let configuration = try configuration()
        return try await RegistryClient.with(configuration, credentials: try credentials()) { client in
            try await body(client, configuration)
        }
    }
}
