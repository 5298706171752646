import FoundationEssentials
import Images
import OCI
import Registry
import Synchronization
import SystemPackage
import TestSupport
import Testing

extension StoreFixture {
    /// Whether this machine has the registry and the tools whose images are exchanged.
    static let canTransfer = isPossible && LocalRegistry.isInstalled && Shell.has("skopeo", "umoci")
    static let transferReason: Comment = "needs root, docker-registry, apache2-utils, openssl, skopeo and umoci"

    func pull(
        _ name: String,
        _ configuration: RegistryConfiguration = RegistryConfiguration(),
        login: RegistryCredentials? = nil,
        news: News = News()
    ) async throws -> Image {
        try await Self.withClient(configuration, login) { client in
            try await store.pull(ImageReference(name), with: client, progress: news.take)
        }
    }

    func push(
        _ name: String,
        _ configuration: RegistryConfiguration = RegistryConfiguration(),
        login: RegistryCredentials? = nil,
        news: News = News()
    ) async throws -> Digest {
        try await Self.withClient(configuration, login) { client in
            try await store.push(ImageReference(name), with: client, progress: news.take)
        }
    }

    /// Runs a body with a client that does not wait between its tries.
    static func withClient<Success: Sendable>(
        _ configuration: RegistryConfiguration = RegistryConfiguration(),
        _ login: RegistryCredentials? = nil,
        _ body: (RegistryClient) async throws -> Success
    ) async throws -> Success {
        var policy = RetryPolicy()
        policy.sleep = { _ in }
        let credentials = FixedCredentials(login: login)
        return try await RegistryClient.with(
            configuration,
            credentials: credentials,
            environment: [:],
            policy: policy,
            body
        )
    }

    /// Makes an image of two layers with umoci and sends it to a registry with skopeo.
    ///
    /// - Parameter options: skopeo's, such as those for TLS.
    func publish(_ name: String, _ options: String = "--dest-tls-verify=false") async throws {
        try await Shell.script(
            """
            export HOME=$PWD; rm -rf lay one two; mkdir -p one/bin two
            echo hello > one/bin/x; ln one/bin/x one/bin/y; ln -s x one/bin/z; echo more > two/more
            umoci init --layout lay; umoci new --image lay:v; umoci insert --image lay:v one /
            umoci insert --image lay:v two /; umoci insert --image lay:v --whiteout /bin/z
            umoci config --image lay:v --config.cmd run --config.env A=b
            skopeo copy -q \(options) oci:lay:v docker://\(name)
            """,
            in: folder
        )
    }

    /// The digest under which skopeo sees a name.
    func skopeoDigest(_ name: String, _ options: String = "--tls-verify=false") async throws -> String {
        let text = try await Shell.script("skopeo inspect \(options) docker://\(name)", in: folder)
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        return try #require(report["Digest"]?.string)
    }
}

/// One login for whoever asks.
private struct FixedCredentials: CredentialSource {
    let login: RegistryCredentials?

    func credentials(for registry: String) -> RegistryCredentials? { login }
}

/// The news of a transfer.
final class News: Sendable {
    private let messages = Mutex<[ProgressMessage]>([])

    var all: [ProgressMessage] { messages.withLock { $0 } }

    func statuses(_ id: String? = nil) -> [String] { all.filter { id == nil || $0.id == id }.map(\.status) }

    func take(_ message: ProgressMessage) {
        messages.withLock { $0.append(message) }
    }
}
