import FoundationEssentials
package import Registry

/// Finds out, when a pod needs it, which registries there are and who this node is to them.
package typealias RegistryAccess = @Sendable () throws -> (RegistryConfiguration, any CredentialSource)

/// The part of an attendant's environment that decides how it talks to registries.
enum RegistryEnvironment {
    /// Settings, logins and their helpers, and proxies.
    private static let names: Set<String> = [
        "APUS_REGISTRIES", "DOCKER_CONFIG", "HOME", "PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy",
        "https_proxy", "no_proxy",
    ]

    /// What of it this process has, `NAME=value` each.
    static var inherited: [String] {
        ProcessInfo.processInfo.environment.filter { names.contains($0.key) }.map { "\($0)=\($1)" }.sorted()
    }
}
