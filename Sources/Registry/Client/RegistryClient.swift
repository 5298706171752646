import FoundationEssentials
package import Logging

/// Pulls from and pushes to registries: OCI distribution 1.1, and Docker's registry API version 2 before it.
///
/// Everything that comes from a registry is checked against the digest that was asked for. Errors are `ImageError`s
/// of one line, which name the image or the registry; only cancellation is a `CancellationError`.
package struct RegistryClient: Sendable {
    let configuration: RegistryConfiguration
    let transport: Transport
    let authenticator: Authenticator
    let log: Logger

    /// Runs a body with a client; connections close afterwards.
    ///
    /// - Parameters:
    ///   - environment: names the proxies (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, in either case).
    ///   - policy: how often and how patiently registries are asked.
    ///   - log: hears why a mirror was left.
    package static func with<Success>(
        _ configuration: RegistryConfiguration,
        credentials: any CredentialSource,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        policy: RetryPolicy = .standard,
        log: Logger = Logger(label: "apus.registry", factory: { StreamLogHandler.standardError(label: $0) }),
        _ body: (RegistryClient) async throws -> Success
    ) async throws -> Success {
        let proxies = try ProxySettings(environment: environment)
        return try await Transport.with(policy: policy, proxies: proxies) { transport in
            let authenticator = Authenticator(transport: transport, credentials: credentials)
            return try await body(
                RegistryClient(
                    configuration: configuration,
                    transport: transport,
                    authenticator: authenticator,
                    log: log
                )
            )
        }
    }
}
