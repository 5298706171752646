import NIOCore
import Pods

/// Connects a client that has taken its connection over with a container's process.
struct Relay: Sendable {
    let encoder: OutputEncoder
    /// Whether what the client sends is for the process.
    let passesInput: Bool
    /// Whether the process's input ends with the client's.
    let endsInput: Bool

    /// Passes everything on, both ways, until the process's output has ended or the client is gone.
    ///
    /// The client's end of input is not its end: it may wait for the output yet.
    func run(_ session: PodSession, _ client: Hijacked) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for try await event in session.events {
                    if let bytes = encoder.encode(event) { try await client.write(bytes) }
                }
                return true
            }
            if passesInput {
                group.addTask {
                    try await input(client, session)
                    return false
                }
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next(), !isOver {}
        }
    }

    private func input(_ client: Hijacked, _ session: PodSession) async throws {
        for try await bytes in client.input {
            // A process that has ended reads nothing more; its end is told by the other direction.
            guard (try? await session.write(Array(bytes.readableBytesView))) != nil else { return }
        }
        try Task.checkCancellation()
        if endsInput { try? await session.finishInput() }
    }
}
