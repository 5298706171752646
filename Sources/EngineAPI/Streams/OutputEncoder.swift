import NIOCore
import Pods

/// Puts a process's output into the form in which its client reads it.
struct OutputEncoder: Sendable {
    /// Whether the process has a terminal: then its bytes go as they are, as they are of one stream.
    let isRaw: Bool
    /// Which streams the client wants.
    var output = true
    var error = true

    /// A piece of output, or `nil` when the client does not want its stream.
    func encode(_ stream: LogRecord.Stream, _ bytes: [UInt8]) -> ByteBuffer? {
        guard stream == .output ? output : error else { return nil }
        return isRaw ? ByteBuffer(bytes: bytes) : StreamFrame.encode(stream == .output ? .output : .error, bytes)
    }

    /// The same for what arrives from a running process.
    func encode(_ event: PodSession.Event) -> ByteBuffer? {
        switch event {
        case .output(let bytes): encode(.output, bytes)
        case .error(let bytes): encode(.error, bytes)
        case .started, .trace, .ended: nil
        }
    }
}
