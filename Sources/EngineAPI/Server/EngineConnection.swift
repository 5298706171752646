import NIOCore
import Synchronization

/// The connection that a request came on, as far as routes may use it.
package final class EngineConnection: Sendable {
    let channel: any Channel
    private let taken = Atomic(false)

    init(_ channel: any Channel) { self.channel = channel }

    /// Whether a route has taken it over, so that no answer may be written.
    var isTaken: Bool { taken.load(ordering: .relaxed) }

    /// Takes the connection over as a raw stream of bytes, and runs a body with it.
    ///
    /// When the body has returned, all that it wrote is written, and the connection closes. It is cancelled when the
    /// peer goes away; a peer that has only closed its side is still there.
    ///
    /// - Parameter head: the answer's head, up to and with the empty line.
    func hijack<Result>(head: ByteBuffer, _ body: (Hijacked) async throws -> Result) async throws -> Result {
        let channel = channel
        taken.store(true, ordering: .relaxed)
        let (handler, input) = try await channel.eventLoop.submit {
            let handler = try channel.pipeline.syncOperations.handler(type: HijackHandler.self)
            return (NIOLoopBound(handler, eventLoop: channel.eventLoop), try handler.start(head: head))
        }.get()
        defer { channel.eventLoop.execute { handler.value.finish() } }
        return try await body(Hijacked(input: Hijacked.Input(input), channel: channel, handler: handler))
    }

    /// Who is at the other end of a Unix socket; `nil` for other connections.
    func peer() async -> Peer? {
        guard case .unixDomainSocket = channel.localAddress, let provider = channel as? any SocketOptionProvider else {
            return nil
        }
        // SOL_SOCKET and SO_PEERCRED of Linux; the kernel fills in a `struct ucred`.
        return try? await provider.unsafeGetSocketOption(level: .socket, name: .init(rawValue: 17)).get()
    }

    /// A process that has connected, as it was then (`struct ucred`).
    struct Peer: Sendable {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }
}
