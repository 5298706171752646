import NIOSSL
import OCI
import Synchronization
import SystemPackage

/// The TLS settings of the endpoints in use; authorities are read from their files once.
final class TrustStore: Sendable {
    private let settings = Mutex<[RegistryEndpoint.Security: TLSConfiguration]>([:])

    /// The settings for one kind of protection.
    ///
    /// - Throws: `.invalidArgument` if a file holds no certificate.
    func configuration(for security: RegistryEndpoint.Security) async throws -> TLSConfiguration {
        if let known = settings.withLock({ $0[security] }) { return known }
        let made = try await FileQueue.run { _ in try Self.make(security) }
        settings.withLock { $0[security] = made }
        return made
    }

    private static func make(_ security: RegistryEndpoint.Security) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        switch security {
        case .plain: break
        case .unverified: configuration.certificateVerification = .none
        case .verified(let authorities):
            let certificates = try authorities.flatMap { try Self.certificates(in: $0.string) }
            if !certificates.isEmpty { configuration.additionalTrustRoots = [.certificates(certificates)] }
        }
        return configuration
    }

    private static func certificates(in file: String) throws -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(file)
            if !certificates.isEmpty { return certificates }
        } catch {
            throw problem(file, error)
        }
        throw problem(file, nil)
    }

    private static func problem(_ file: String, _ cause: (any Error)?) -> ImageError {
        ImageError(
            .invalidArgument,
            "\(file) cannot be read as certificates of authorities (it must exist and be PEM)",
            cause: cause
        )
    }
}
