package import OCI

/// What a user shows to a registry.
package enum RegistryCredentials: Sendable, Hashable {
    /// A name and a password.
    case password(user: String, password: String)
    /// A refresh token that the registry's token server gave at login (Docker's "identity token").
    case identityToken(String)
}

/// Where credentials come from.
package protocol CredentialSource: Sendable {
    /// The credentials for a registry, such as `docker.io` or `localhost:5000`; `nil` if there are none.
    func credentials(for registry: String) async throws(ImageError) -> RegistryCredentials?
}

/// The source of those who have none.
package struct NoCredentials: CredentialSource {
    package init() {}

    package func credentials(for registry: String) -> RegistryCredentials? { nil }
}
