import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import OCI
import SystemPackage

/// Puts the errors of the network into words.
enum TransportProblem {
    /// What to throw for an error that came instead of an answer, or in the middle of one.
    static func failure(_ error: any Error, at address: WebAddress) -> any Error {
        if Task.isCancelled || error is CancellationError { return CancellationError() }
        if error is ImageError || error is RegistryFailure { return error }
        if error is HTTPParserError, error as? HTTPParserError != .invalidEOFState {
            return RegistryFailure(
                .registry,
                "\(address.origin) answers something that is not HTTP, or with a head that is too large"
                    + " (check the address)",
                cause: error
            )
        }
        let words = words(for: error)
        let remedy = words.isAboutTrust ? "" : " (check that it runs and that the network reaches it)"
        return RegistryFailure(
            .unreachable,
            "\(address.origin) \(words.text)\(remedy)",
            cause: error,
            heals: !words.isAboutTrust
        )
    }

    private static func words(for error: any Error) -> (text: String, isAboutTrust: Bool) {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") || error is NIOSSLExtraError {
            return (
                "shows a certificate that is not trusted, or not for this name (configure its authority)", true
            )
        }
        if text.contains("WRONG_VERSION_NUMBER") {
            return ("does not speak TLS (configure it as plain HTTP if that is meant)", true)
        }
        return (passing(error), false)
    }

    private static func passing(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: words(error)
        case let error as NIOConnectionError: connecting(error)
        case let error as IOError: "is not reached: \(error.errnoDescription)"
        case ChannelError.connectTimeout: "does not answer in time"
        default: "closed the connection"
        }
    }

    private static func words(_ error: HTTPClientError) -> String {
        let late: [HTTPClientError] = [
            .readTimeout, .writeTimeout, .connectTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout, .httpProxyHandshakeTimeout, .socksHandshakeTimeout,
        ]
        if late.contains(error) { return "does not answer in time" }
        if error == .proxyAuthenticationRequired { return "is behind a proxy that wants a login" }
        if error == .invalidProxyResponse { return "is not reached through the proxy" }
        return "closed the connection"
    }

    private static func connecting(_ error: NIOConnectionError) -> String {
        if let reason = error.connectionErrors.compactMap({ $0.error as? IOError }).first {
            return "is not reached: \(reason.errnoDescription)"
        }
        return error.dnsAError == nil && error.dnsAAAAError == nil ? "is not reached" : "is not known by that name"
    }
}

extension IOError {
    /// The system's words for the number, such as `connection refused`.
    fileprivate var errnoDescription: String { "\(Errno(rawValue: errnoCode))".lowercased() }
}
