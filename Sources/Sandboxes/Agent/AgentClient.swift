package import AgentProtocol
import NIOCore
import NIOPosix
import Synchronization
package import SystemPackage

/// The host's end of the channel to a guest's agent.
///
/// One client at a time has the channel; it lives as long as the body of `withConnection`.
package final class AgentClient: Sendable {
    private struct State {
        var nextRequest: UInt32 = 1
        var nextProcess: UInt32 = 2
        var requests: [UInt32: CheckedContinuation<Response, any Error>] = [:]
        var processes: [UInt32: AgentProcess] = [:]
        var inherited: [UInt32: ProcessStatus] = [:]
        var inheritedInputs: [UInt32: StreamCredit] = [:]
        var failure: (any Error)?
    }

    private let state = Mutex(State())
    private let session: Mutex<HostSession>
    /// What waits to be written.
    ///
    /// It needs no bound of its own: streams are bounded by credits, requests by their askers.
    private let outbox = Observed<[UInt8]>([])
    private let info = Observed<GuestInfo?>(nil)
    private let isReady = Observed(false)

    private init(session: HostSession) {
        self.session = Mutex(session)
    }

    /// Connects to a guest, waits until it has told its state, and runs a body.
    ///
    /// - Parameters:
    ///   - socket: the listening socket of the guest's agent port.
    ///   - fresh: whether this is the first connection since the guest was started.
    ///   - renewal: makes the guest a machine of its own first; a clone of a template answers nobody before.
    ///   - patience: how long the guest may take to answer; covers its boot when it is fresh.
    /// - Throws: `SandboxError` `.timeout` or `.disconnected`, and what the body throws.
    package static func withConnection<Result: Sendable>(
        to socket: FilePath,
        fresh: Bool,
        renewal: Handshake.Renewal? = nil,
        patience: Duration,
        _ body: @escaping @Sendable (AgentClient) async throws -> Result
    ) async throws -> Result {
        let connection = try await connect(to: socket)
        return try await connection.executeThenClose { inbound, outbound in
            var generator = SystemRandomNumberGenerator()
            let session = HostSession(using: &generator)
            let client = AgentClient(session: session)
            let opening = (renewal?.bytes ?? []) + session.opening(fresh: fresh)
            return try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask {
                    await client.read(inbound)
                    return nil
                }
                group.addTask {
                    try? await outbound.write(ByteBuffer(bytes: opening))
                    // A channel that cannot be written to has ended: its reader says so, after what came before.
                    try? await client.write(outbound)
                    return nil
                }
                group.addTask {
                    try await client.waitUntilReady(patience)
                    return try await body(client)
                }
                defer { group.cancelAll() }
                while let finished = try await group.next() {
                    if let result = finished { return result }
                }
                throw disconnected
            }
        }
    }

    private static let disconnected = SandboxError(.disconnected, "the channel to the guest ended")
    private static let violation = SandboxError(.protocolViolation, "the guest broke the agent protocol")

    private static func connect(to socket: FilePath) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        do {
            return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(unixDomainSocketPath: socket.string) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw SandboxError(.disconnected, "cannot reach the guest at \(socket): \(error)")
        }
    }

    /// What the guest said of itself.
    package var guest: GuestInfo? { info.value }

    // MARK: Requests

    /// Asks the guest for something.
    ///
    /// - Throws: `AgentFailure` when the guest cannot do it, `SandboxError` when there is no answer.
    @discardableResult
    package func request(_ request: Request, patience: Duration = .seconds(30)) async throws -> Response {
        let response = try await withTimeout(patience) {
            SandboxError(.timeout, "the guest did not answer a request within \(patience)")
        } _: {
            try await self.exchange(request)
        }
        if case .failure(let failure) = response { throw failure }
        return response
    }

    private func exchange(_ request: Request) async throws -> Response {
        let id = state.withLock { state in
            defer { state.nextRequest &+= 1 }
            return state.nextRequest
        }
        let message = request.encode(id: id)
        guard message.count <= ProtocolLimits.message else {
            throw SandboxError(
                .invalid,
                "the request is larger than \(ProtocolLimits.message >> 10) KiB: shorten its arguments or environment"
            )
        }
        return try await withTaskCancellationHandler {
            try await response(to: id) { self.send(Frame.frames(.request, message: message)) }
        } onCancel: {
            take(request: id)?.resume(throwing: CancellationError())
        }
    }

    private func response(to id: UInt32, _ send: () -> Void) async throws -> Response {
        try await withCheckedThrowingContinuation { continuation in
            let failure: (any Error)? = state.withLock { state in
                if let failure = state.failure { return failure }
                guard !Task.isCancelled else { return CancellationError() }
                state.requests[id] = continuation
                return nil
            }
            if let failure { continuation.resume(throwing: failure) } else { send() }
        }
    }

    private func take(request id: UInt32) -> CheckedContinuation<Response, any Error>? {
        state.withLock { $0.requests.removeValue(forKey: id) }
    }

    // MARK: Processes

    /// A number that no process of this guest has.
    package func unusedProcessID() -> UInt32 {
        state.withLock { state in
            while state.processes[state.nextProcess] != nil || state.inherited[state.nextProcess] != nil {
                state.nextProcess += 1
            }
            defer { state.nextProcess += 1 }
            return state.nextProcess
        }
    }

    /// Makes a container and starts its process.
    package func create(_ container: ContainerSpec) async throws -> AgentProcess {
        try await start(container.process.id) { try await self.request(.createContainer(container)) }
    }

    /// Starts a further process in a container.
    package func execute(_ process: ProcessSpec, in container: String) async throws -> AgentProcess {
        try await start(process.id) { try await self.request(.execute(container: container, process)) }
    }

    /// Starts a process that writes a container's changes to its standard output, as the archive of an image's layer.
    ///
    /// It has told everything when it ends with code 0; otherwise its standard error says why not. It ends when the
    /// channel to this host does.
    /// - Parameter pause: whether the container's processes are stopped meanwhile.
    package func archive(_ container: String, pause: Bool) async throws -> AgentProcess {
        let id = unusedProcessID()
        return try await start(id) {
            try await self.request(.archive(process: id, container: container, pause: pause))
        }
    }

    /// The processes that an earlier host started and nobody has forgotten.
    package var inheritedProcesses: [ProcessStatus] { state.withLock { Array($0.inherited.values) } }

    /// Takes over a process that an earlier host started.
    ///
    /// - Parameters:
    ///   - outputStart: how much of its standard output is safe already.
    ///   - errorStart: the same of its standard error.
    package func takeOver(
        _ status: ProcessStatus,
        outputStart: UInt64,
        errorStart: UInt64
    ) async throws -> AgentProcess {
        let process = AgentProcess(
            id: status.process,
            outputStart: outputStart,
            errorStart: errorStart,
            send: { self.send($0) }
        )
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            // Under the lock, so that a credit that arrives now is for the input that goes on, not for a new one.
            if let input = state.inheritedInputs.removeValue(forKey: process.id) { try process.resumeInput(at: input) }
            if let exit = (state.inherited[process.id] ?? status).exit { process.ended(exit) }
            state.processes[process.id] = process
        }
        send(process.credits)
        return process
    }

    /// Acknowledges the end of a process; guest and client forget it.
    package func forget(_ process: AgentProcess) async throws {
        try await request(.forget(process: process.id))
        state.withLock { state in
            state.processes[process.id] = nil
            state.inherited[process.id] = nil
        }
    }

    private func start(_ id: UInt32, _ request: () async throws -> Response) async throws -> AgentProcess {
        let process = AgentProcess(id: id, send: { self.send($0) })
        state.withLock { $0.processes[id] = process }
        do {
            _ = try await request()
        } catch {
            state.withLock { $0.processes[id] = nil }
            throw error
        }
        send(process.credits)
        return process
    }

    /// Queues frames, those of one call without others between them, in the order of the calls.
    private func send(_ frames: [Frame]) {
        guard !frames.isEmpty else { return }
        outbox.update { $0 += session.withLock { $0.encode(frames) } }
    }

    // MARK: The channel

    private func write(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        while true {
            try await outbox.wait { !$0.isEmpty }
            let bytes = outbox.update { bytes in
                defer { bytes = [] }
                return bytes
            }
            try await outbound.write(ByteBuffer(bytes: bytes))
        }
    }

    private func waitUntilReady(_ patience: Duration) async throws {
        try await withTimeout(patience) {
            SandboxError(.timeout, "the guest did not answer within \(patience)")
        } _: {
            try await self.isReady.wait { $0 }
            if let failure = self.state.withLock({ $0.failure }) { throw failure }
        }
    }

    /// Reads until the channel ends; then everybody who waits learns why.
    private func read(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async {
        do {
            for try await buffer in inbound {
                let bytes = Array(buffer.readableBytesView)
                let items = try session.withLock { session throws(HostSession.Failure) in try session.receive(bytes) }
                for item in items { try take(item) }
            }
            fail(Self.disconnected)
        } catch HostSession.Failure.version {
            let version = ProtocolLimits.version
            fail(SandboxError(.version, "the guest's agent does not speak version \(version) of the agent protocol"))
        } catch HostSession.Failure.protocolViolation {
            fail(Self.violation)
        } catch is WireError {
            fail(Self.violation)
        } catch let error as SandboxError {
            fail(error)
        } catch {
            fail(Self.disconnected)
        }
    }

    private func take(_ item: HostSession.Incoming) throws {
        switch item {
        case .welcomed: break
        case .response(let id, let response): take(request: id)?.resume(returning: response)
        case .event(let event): try take(event)
        case .data(let data):
            guard let process = process(data.stream.process) else { return }
            if let credit = try process.receive(data) { send([credit.frame]) }
        case .credit(let credit):
            try receiver(of: credit)?.receive(credit)
        }
    }

    /// The process that a credit is for; who takes over one that is inherited finds the credit then.
    private func receiver(of credit: StreamCredit) -> AgentProcess? {
        let id = credit.stream.process
        return state.withLock { state in
            if let process = state.processes[id] { return process }
            if state.inherited[id] != nil { state.inheritedInputs[id] = credit }
            return nil
        }
    }

    private func take(_ event: Event) throws {
        switch event {
        case .ready(let guest): info.update { $0 = guest }
        case .snapshotEnd: isReady.update { $0 = true }
        case .outOfMemory: break
        case .process(let status): try take(status)
        }
    }

    private func take(_ status: ProcessStatus) throws {
        let process = try state.withLock { state in
            if let process = state.processes[status.process] { return process as AgentProcess? }
            state.inherited[status.process] = status
            guard state.inherited.count <= ProtocolLimits.processes else { throw Self.violation }
            return nil
        }
        if let exit = status.exit { process?.ended(exit) }
    }

    private func process(_ id: UInt32) -> AgentProcess? { state.withLock { $0.processes[id] } }

    private func fail(_ error: any Error) {
        let (requests, processes) = state.withLock { state in
            state.failure = state.failure ?? error
            defer { state.requests = [:] }
            return (state.requests.values, state.processes.values)
        }
        for request in requests { request.resume(throwing: error) }
        for process in processes { process.disconnected(error) }
        isReady.update { $0 = true }
    }
}
