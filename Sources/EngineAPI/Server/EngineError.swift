package import HTTPTypes
import Hummingbird
import Images
import Linux
import NIOCore
import OCI
import Pods

/// A failure as Docker's clients are told of it: a status, and one sentence.
package struct EngineError: Error, Sendable, Equatable {
    /// The HTTP status.
    package let status: HTTPResponse.Status
    /// The sentence.
    package let message: String

    /// Describes a failure.
    package init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// There is no such route.
    static let noRoute = EngineError(.notFound, "page not found")

    /// Finds the status for a failure of whatever kind.
    package init(_ error: any Error) {
        switch error {
        case let error as EngineError: self = error
        case let error as PodsError: self.init(Self.status(error.code), error.message)
        case let error as ImageError: self.init(Self.status(error.code), error.message)
        case is NIOTooManyBytesError: self.init(.contentTooLarge, "the request's body is too large")
        case let error as HTTPError where error.status == .notFound: self = .noRoute
        case let error as HTTPError: self.init(error.status, error.body ?? error.status.reasonPhrase)
        case let error as LinuxError: self.init(.internalServerError, "cannot \(error.stage): \(error.errno)")
        case is CancellationError: self.init(.serviceUnavailable, "the request was given up (try it again)")
        default: self.init(.internalServerError, "\(error)")
        }
    }

    private static func status(_ code: PodsError.Code) -> HTTPResponse.Status {
        switch code {
        case .notFound: .notFound
        case .conflict, .leaving: .conflict
        case .invalid, .commandNotFound, .commandNotExecutable: .badRequest
        case .node: .internalServerError
        }
    }

    private static func status(_ code: ImageError.Code) -> HTTPResponse.Status {
        switch code {
        case .notFound: .notFound
        case .ambiguous: .conflict
        case .invalidArgument, .badArchive, .refused, .unsupported: .badRequest
        // 401 would make docker ask its user for a login and try again; only `login` itself means that.
        case .unauthorized: .forbidden
        case .digestMismatch, .missingTool, .noSpace, .damaged, .system, .unreachable, .registry: .internalServerError
        }
    }

    /// What the client gets.
    var response: Response {
        // Docker's clients know this one by its status alone.
        guard status != .notModified else { return Response(status: status) }
        return .json(["message": message], status: status)
    }
}
