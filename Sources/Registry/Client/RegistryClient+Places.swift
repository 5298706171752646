import Logging
import OCI

/// Where an operation goes, and how often.
extension RegistryClient {
    /// Runs a pull at each endpoint in turn until one succeeds.
    ///
    /// A mirror gets one try, because the next place is at hand; the registry itself gets all of the policy's.
    func pulling<Success>(
        _ reference: ImageReference,
        _ body: (Place) async throws -> Success
    ) async throws -> Success {
        try await naming("pull \"\(reference)\"") {
            let places = places(reference.domain)
            for mirror in places.dropLast() {
                do {
                    return try await body(mirror)
                } catch let error where Self.isMirrors(error) {
                    try Task.checkCancellation()
                    let reason = (error as? RegistryFailure)?.reason ?? "\(error)"
                    log.notice(
                        "mirror failed, going on to the next place",
                        metadata: ["mirror": "\(mirror.endpoint.authority)", "reason": "\(reason)"]
                    )
                }
            }
            return try await retrying(at: places[places.count - 1], body)
        }
    }

    /// Whether another place may do better: our own disk is the same everywhere.
    private static func isMirrors(_ error: any Error) -> Bool {
        guard let error = error as? ImageError else { return error is RegistryFailure }
        return ![.system, .noSpace].contains(error.code)
    }

    /// Runs something at the registry itself.
    func pushing<Success>(
        _ reference: ImageReference,
        _ body: (Place) async throws -> Success
    ) async throws -> Success {
        try await atRegistry(reference.domain, "push \"\(reference)\"", body)
    }

    /// Runs something at the registry itself.
    ///
    /// - Parameter action: what a failure was in the middle of.
    func atRegistry<Success>(
        _ registry: String,
        _ action: String,
        _ body: (Place) async throws -> Success
    ) async throws -> Success {
        let places = places(registry)
        return try await naming(action) { try await retrying(at: places[places.count - 1], body) }
    }

    private func retrying<Success>(
        at place: Place,
        _ body: (Place) async throws -> Success
    ) async throws -> Success {
        try await transport.policy.trying { try await body(place) }
    }

    private func naming<Success>(_ action: String, _ body: () async throws -> Success) async throws -> Success {
        do {
            return try await body()
        } catch let failure as RegistryFailure {
            throw failure.error(action)
        }
    }

    /// The places of a registry, the registry itself last; never none.
    private func places(_ registry: String) -> [Place] {
        configuration.endpoints(for: registry).map {
            Place(registry: registry, endpoint: $0, transport: transport, authenticator: authenticator)
        }
    }
}
