import AgentProtocolEmbedded
import CLinux

/// The guest's one event loop: the channel, signals, disks that appear, and every process's streams.
final class Agent {
    private let channels: Channels
    private var hostIsGone = false
    var scratch = [UInt8](repeating: 0, count: 32 * 1024)

    var session = GuestSession()
    var hostname = ""
    var isConfigured = false
    let disks = Disks()
    let cgroups = ContainerCgroups()
    var containers: [Container] = []
    var processes: [GuestProcess] = []
    /// What waits for disks that have not all appeared.
    var awaitingDisks: [AwaitedDisks] = []
    /// Whether a renewal has executed this program.
    let isRenewed: Bool
    /// Whether this is a template's agent once the host has been told so.
    var isSealed = false
    /// Ends of processes whose numbers are not known yet (see `reap()`).
    var unclaimedExits: [(pid: Int32, status: Int32)] = []

    /// Above this much unwritten output the agent takes no further requests.
    private static let outputBound = 1 << 20
    /// Stream data is queued for the channel only up to here, so that answers never wait behind a lot of it.
    private static let dataBound = 64 * 1024

    init(_ channels: Channels, isRenewed: Bool) {
        self.channels = channels
        self.isRenewed = isRenewed
    }

    /// Serves for ever, or until the guest is a template's.
    func run() throws(AgentFailure) -> Never {
        while true {
            writePort()
            // A template is saved as soon as the host has the answer: in its clones, what is read from the port next is
            // the renewal, and must not be taken for a part of this session.
            if isSealed, session.pending == 0 || hostIsGone { break }
            // What the port takes at once makes room for more, and nothing else may wake the agent for that: a stream
            // that is full is not waited for, and the host has no reason to speak until it has half of its window.
            while session.pending == 0, fillSession() { writePort() }
            var poller = Poller()
            watch(&poller)
            poller.wait(milliseconds: timeout)
            handle(poller)
        }
        var template = SealedAgent(channels)
        try template.run()
    }

    // MARK: Waiting

    private func watch(_ poller: inout Poller) {
        poller.add(channels.signals, POLLIN)
        poller.add(channels.uevents, POLLIN)
        if !hostIsGone {
            let reads = session.pending < Agent.outputBound
            poller.add(channels.port, (reads ? POLLIN : 0) | (session.pending > 0 ? POLLOUT : 0))
        }
        for process in processes { process.watch(&poller) }
    }

    /// Without a host the port reports a hang-up without end; SIGIO tells of the next one, and so does a slow look.
    private var timeout: Int32 {
        if !awaitingDisks.isEmpty { return 20 }
        return hostIsGone ? 1000 : -1
    }

    private func handle(_ poller: Poller) {
        if poller.events(of: channels.signals) != 0 { handleSignals() }
        if poller.events(of: channels.uevents) != 0 { Boot.drain(channels.uevents) }
        if !awaitingDisks.isEmpty { retryAwaited() }
        if hostIsGone || poller.events(of: channels.port) != 0 { readPort(poller.events(of: channels.port)) }
        for process in processes {
            if process.report.isOpen { readReports(of: process) }
            process.readOutput(&scratch)
            if let credit = process.writeInput() { session.send(credit.frame) }
        }
    }

    private func handleSignals() {
        let which = lx_drain_signals(channels.signals)
        if which & 1 != 0 { reap() }
        if which & 2 != 0 { hostIsGone = false }
    }

    // MARK: The channel

    private func readPort(_ events: Int32) {
        guard session.pending < Agent.outputBound else {
            hostIsGone = events & POLLHUP != 0
            if hostIsGone { endArchives() }
            return
        }
        let count = read(channels.port, &scratch, scratch.count)
        // Without a host the port reads as ended (with one, an empty port is EAGAIN): wait for SIGIO.
        hostIsGone = count == 0
        if hostIsGone { endArchives() }
        guard count > 0 else { return }
        for item in session.receive([UInt8](scratch[0..<count])) where !isSealed { take(item) }
    }

    private func writePort() {
        let number = channels.port
        session.flush { write(number, $0.baseAddress, min($0.count, 32 * 1024)) }
    }

    /// Queues output that the host has room for.
    ///
    /// - Returns: whether there was any.
    private func fillSession() -> Bool {
        guard session.isOpen else { return false }
        var progress = true
        while progress, session.pending < Agent.dataBound {
            progress = false
            for process in processes where session.pending < Agent.dataBound {
                guard let piece = process.nextOutput() else { continue }
                session.send(piece.frame)
                progress = true
            }
        }
        return session.pending > 0
    }

    // MARK: What the host says

    private func take(_ item: GuestSession.Incoming) {
        switch item {
        case .began:
            endArchives()
            sendSnapshot()
        case .request(let id, .success(let request)): answer(request, id: id)
        case .request(let id, .failure):
            reply(.failure(AgentFailure(.invalid, stage: "read request \(id)")), to: id)
        case .data(let data):
            guard let process = process(data.stream.process) else { return }
            do throws(WireError) {
                if let credit = try process.receive(data) { session.send(credit.frame) }
            } catch {
                Log.line("impossible data")
            }
        case .credit(let credit):
            guard let process = process(credit.stream.process) else { return }
            do throws(WireError) { try process.receive(credit) } catch { Log.line("impossible credit") }
        }
    }

    private func sendSnapshot() {
        for process in processes { process.rewind() }
        send(
            .ready(
                GuestInfo(
                    agent: Main.version,
                    kernel: System.readText("/proc/sys/kernel/osrelease"),
                    uptime: UInt64(lx_uptime_us()),
                    configured: isConfigured,
                    interfaces: NetworkInterfaces.names
                )
            )
        )
        for process in processes where process.starting == nil {
            send(.process(process.status))
            session.send(process.inputCredit.frame)
        }
        send(.snapshotEnd)
    }

    func send(_ event: Event) { session.send(.event, message: event.encode()) }

    func reply(_ response: Response, to request: UInt32) {
        session.send(.response, message: response.encode(id: request))
    }

    /// Answers a request that took a while, if the host that asked is still there.
    func reply(_ response: Response, to pending: PendingReply?) {
        guard let pending, pending.generation == session.generation else { return }
        reply(response, to: pending.request)
    }

    func process(_ id: UInt32) -> GuestProcess? { processes.first { $0.id == id } }
    func container(_ id: String) -> Container? { containers.first { $0.id.isSame(as: id) } }
}
