import AgentProtocolEmbedded
import CLinux

extension Agent {
    /// Makes this a template's agent, as soon as the host has been told.
    ///
    /// A guest that has been configured knows things that its clones would share: its boot's id above all.
    func seal(_ pending: PendingReply) throws(AgentFailure) -> Response? {
        guard !isConfigured, containers.isEmpty, awaitingDisks.isEmpty, disks.areFree else {
            throw AgentFailure(.state, stage: "seal a guest that is in use")
        }
        return try wait(for: .sealing, pending)
    }
}

/// A template's agent: it belongs to no session, and waits for the record that makes its clone a machine of its own.
///
/// Whatever else arrives is dropped, hellos included. So nothing can be asked of a clone that was not renewed.
struct SealedAgent {
    private let channels: Channels
    private var hostIsGone = false
    private var scanner = RenewalScanner()
    private var scratch = [UInt8](repeating: 0, count: Handshake.Renewal.recordLength)

    init(_ channels: Channels) {
        self.channels = channels
    }

    /// Waits as long as it takes, then executes the program anew.
    mutating func run() throws(AgentFailure) -> Never {
        while !scanner.isComplete {
            wait()
            readPort()
        }
        try renew()
    }

    /// Without a host the port reports a hang-up without end; SIGIO tells of the next one, and so does a slow look.
    private mutating func wait() {
        var poller = Poller()
        poller.add(channels.signals, POLLIN)
        if !hostIsGone { poller.add(channels.port, POLLIN) }
        poller.wait(milliseconds: hostIsGone ? 1000 : -1)
        _ = lx_drain_signals(channels.signals)
    }

    private mutating func readPort() {
        let count = read(channels.port, &scratch, scanner.wanted)
        hostIsGone = count == 0
        if count > 0 { _ = scanner.append(scratch[0..<count]) }
    }

    /// The clock first, so that nothing ever sees the template's; then randomness, and with it a new address layout.
    private mutating func renew() throws(AgentFailure) -> Never {
        try System.checkShim(lx_set_clock(scanner.realtime), "set the clock")
        let reseeded = scanner.withEntropy { bytes in
            let result = lx_reseed(bytes.baseAddress, bytes.count)
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
            return result
        }
        explicit_bzero(&scratch, scratch.count)
        try System.checkShim(reseeded, "reseed the random generator")
        let kept = [channels.port, channels.signals, channels.uevents]
        try System.checkShim(lx_execute_anew(kept), "execute the agent anew")
        throw AgentFailure(.system, stage: "execute the agent anew")
    }
}
