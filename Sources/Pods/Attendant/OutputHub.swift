import AgentProtocol
import Sandboxes

/// Hands a process's output to the clients that are attached.
///
/// Whoever attaches decides the pace: a client that does not read stops the process, as its own pipe would.
actor OutputHub {
    private var clients: [Int: ControlConnection] = [:]
    private var next = 0

    /// Adds a client; it gets everything that is published from now on.
    func attach(_ client: ControlConnection) -> Int {
        next += 1
        clients[next] = client
        return next
    }

    /// Removes a client.
    func detach(_ number: Int) { clients[number] = nil }

    /// Sends a piece of output to all clients; one that is gone is forgotten.
    func publish(_ chunk: AgentProcess.Chunk) async {
        let frame: ControlFrame = chunk.channel == .error ? .error(chunk.bytes) : .output(chunk.bytes)
        for (number, client) in clients {
            do {
                try await client.send(frame)
            } catch {
                clients[number] = nil
            }
        }
    }
}
