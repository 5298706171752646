import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI

/// Sends single requests: connections, proxies, TLS and time limits, and nothing of registries.
struct Transport: Sendable {
    let policy: RetryPolicy
    private let proxies: ProxySettings
    private let direct: HTTPClient
    private let proxied: [ProxySettings.Proxy: HTTPClient]
    private let trust = TrustStore()

    /// Runs a body; connections close afterwards.
    static func with<Success>(
        policy: RetryPolicy,
        proxies: ProxySettings,
        _ body: (Transport) async throws -> Success
    ) async throws -> Success {
        let transport = Transport(policy: policy, proxies: proxies)
        do {
            let success = try await body(transport)
            await transport.close()
            return success
        } catch {
            await transport.close()
            throw error
        }
    }

    private init(policy: RetryPolicy, proxies: ProxySettings) {
        self.policy = policy
        self.proxies = proxies
        direct = HTTPClient(configuration: Self.configuration(policy, proxy: nil))
        let used = Set([proxies.http, proxies.https].compactMap(\.self))
        proxied = Dictionary(
            uniqueKeysWithValues: used.map {
                ($0, HTTPClient(configuration: Self.configuration(policy, proxy: $0.setting)))
            }
        )
    }

    /// Sends a request and waits for the head of its answer, whatever the status.
    ///
    /// - Parameter security: how a TLS connection to that place is checked.
    /// - Throws: `RegistryFailure` that says why there was no answer; `CancellationError`.
    func send(_ request: WebRequest, security: RegistryEndpoint.Security) async throws -> HTTPClientResponse {
        var message = HTTPClientRequest(url: request.address.text)
        message.method = request.method
        message.headers = request.headers
        message.headers.replaceOrAdd(name: "User-Agent", value: Self.userAgent)
        message.body = request.body.streamed
        if request.address.origin.isSecure { message.tlsConfiguration = try await trust.configuration(for: security) }
        do {
            return try await client(for: request.address.origin).execute(message, timeout: timeout(request))
        } catch {
            throw TransportProblem.failure(error, at: request.address)
        }
    }

    /// The answer to an upload begins when its last byte is sent; standing still is noticed by the idle time, so
    /// this only has to bound the whole, at a speed that no registry link is below.
    private func timeout(_ request: WebRequest) -> TimeAmount {
        TimeAmount(policy.headTimeout) + .milliseconds(request.body.length / Self.slowestUpload)
    }

    private func client(for origin: Origin) -> HTTPClient {
        proxies.proxy(for: origin).flatMap { proxied[$0] } ?? direct
    }

    private func close() async {
        // It fails only where it was closed before.
        for client in [direct] + proxied.values { try? await client.shutdown() }
    }

    private static let userAgent = "apus/1 (linux)"

    /// In bytes per millisecond.
    private static let slowestUpload: Int64 = 16

    private static func configuration(
        _ policy: RetryPolicy,
        proxy: HTTPClient.Configuration.Proxy?
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(
                connect: TimeAmount(policy.connectTimeout),
                read: TimeAmount(policy.idleTimeout),
                write: TimeAmount(policy.idleTimeout)
            ),
            proxy: proxy
        )
        // A connection per transfer: layers do not wait for each other's windows, and idle times belong to one.
        configuration.httpVersion = .http1Only
        // Our own policy decides about tries, and a mirror that is down is left at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Who waits for a connection here is given up like one who connects, so that nobody should have to.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return configuration
    }
}

extension ProxySettings.Proxy {
    fileprivate var setting: HTTPClient.Configuration.Proxy {
        guard !isSOCKS else { return .socksServer(host: host, port: port) }
        return .server(host: host, port: port, authorization: login.map { .basic(credentials: Base64.encode($0)) })
    }
}
