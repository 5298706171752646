import AgentProtocol
import Sandboxes

/// Where a pod's run is, for everybody in its attendant to wait on.
struct PodLife: Sendable {
    /// A client's wish that the process start.
    struct StartRequest: Sendable {
        let terminal: TerminalSize?
    }

    /// The guest, once its agent answers.
    var agent: AgentClient?
    /// Set once, by the first client that asks.
    var startRequest: StartRequest?
    /// The pod's process, once it runs.
    var process: AgentProcess?
    /// How it all ended; what clients are told.
    var exit: PodExit?
    /// Why the process could not start, to be told to the client that asked.
    var failure: PodsError?
    /// Whether everything that the run needed is gone.
    var isCleanedUp = false
    /// Grows with every record of the log.
    var logVersion: UInt64 = 0

    /// Whether nothing more will happen.
    var hasEnded: Bool { exit != nil || failure != nil }
}
