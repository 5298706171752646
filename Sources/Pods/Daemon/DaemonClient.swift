import Linux
import SystemPackage

/// Asks the node's daemon, when there is one.
package struct DaemonClient: Sendable {
    private let socket: FilePath

    /// Names the daemon of a node.
    package init(node: NodeConfiguration) {
        socket = node.daemonSocket
    }

    /// Whether a daemon serves the node.
    package var isThere: Bool { (try? UnixSocket.connect(socket)) != nil }

    /// Makes a request.
    ///
    /// - Returns: `nil` when no daemon runs, or it died before it answered.
    /// - Throws: `PodsError` when it is there and does not do what it is asked.
    package func ask(_ request: DaemonRequest, descriptors: [Int32] = []) async throws -> DaemonReply? {
        guard let connected = try? UnixSocket.connect(socket) else { return nil }
        let connection = DaemonConnection(connected)
        guard let (reply, stray) = try await exchange(request, descriptors, connection) else { return nil }
        for number in stray { _ = OwnedFD(taking: number) }
        if case .failed(let reason) = reply { throw PodsError(.node, "the daemon apusd refuses: \(reason)") }
        return reply
    }

    private func exchange(
        _ request: DaemonRequest,
        _ descriptors: [Int32],
        _ connection: DaemonConnection
    ) async throws -> (DaemonReply, [Int32])? {
        do {
            try connection.send(request, descriptors: descriptors)
            return try await connection.receive(DaemonReply.self)
        } catch let error as LinuxError where [.brokenPipe, .connectionReset].contains(error.errno) {
            return nil
        }
    }
}
