package import Linux
import SystemPackage

/// A connection between a client and the node's daemon, at either end.
package final class DaemonConnection: Sendable {
    private let socket: OwnedFD

    /// The longest line: an environment of a few variables, or the state of a large pool.
    private static let bound = 4 << 20
    /// How long the other end may take to send its line; both ends send theirs in one go.
    private static let patience: Duration = .seconds(10)

    /// Takes over a socket.
    package init(_ socket: consuming OwnedFD) {
        self.socket = socket
    }

    /// Sends a value, with descriptors of which the other end gets duplicates.
    package func send(_ value: some Encodable & Sendable, descriptors: [Int32] = []) throws {
        let line = try JSON.encode(value) + [UInt8(ascii: "\n")]
        // What does not fit into the socket's buffer cannot come from a peer of ours: it is an error, not a wait.
        guard !descriptors.isEmpty else { return try UnixSocket.send(line, over: socket) }
        try UnixSocket.send(line, descriptors: descriptors, over: socket.rawValue)
    }

    /// Waits for a value and the descriptors that come with it, which are the caller's to close.
    ///
    /// - Returns: `nil` when the other end closed the connection instead.
    package func receive<Value: Decodable & Sendable>(_ type: Value.Type) async throws -> (Value, [Int32])? {
        var line: [UInt8] = []
        var descriptors = Descriptors()
        let deadline = ContinuousClock.now + Self.patience
        while line.last != UInt8(ascii: "\n") {
            guard line.count < Self.bound else { throw PodsError(.node, "the daemon's socket got a line without end") }
            let left = deadline - ContinuousClock.now
            guard left > .zero, try await Readiness.shared.waitUntilReadable(socket, timeout: left) else {
                throw PodsError(.node, "the other end of the daemon's socket does not answer")
            }
            let packet = try UnixSocket.receive(from: socket)
            descriptors.numbers += packet.descriptors
            guard !packet.bytes.isEmpty else { return nil }
            line += packet.bytes
        }
        return (try JSON.decode(type, line), descriptors.release())
    }

    /// Descriptors that have arrived; they are closed when what came with them turns out to be of no use.
    private struct Descriptors: ~Copyable {
        var numbers: [Int32] = []

        consuming func release() -> [Int32] {
            let result = numbers
            numbers = []
            return result
        }

        deinit { for number in numbers { _ = OwnedFD(taking: number) } }
    }
}
