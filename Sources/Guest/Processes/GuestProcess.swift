import AgentProtocolEmbedded
import CLinux

/// A process that the host asked for: its standard streams, its start and its end.
final class GuestProcess {
    /// What a process is in its container.
    enum Role {
        /// The container's first.
        case first
        /// One that was started in it later.
        case further
        /// An archiver: outside of the container, it reads the container's changes.
        case archiver
    }

    /// The host's number for it.
    let id: UInt32
    /// Its container.
    let container: Container
    /// What it is there.
    let role: Role
    /// The kernel's number, or 0 while unknown.
    var pid: Int32
    /// Where the child reports until exec; closed afterwards.
    let report: OwnedFile
    /// The request that is answered when the process runs, or cannot.
    var starting: PendingReply?
    /// Why it could not start.
    var startFailure: AgentFailure?
    /// How it ended.
    var exit: ExitStatus?

    private let hasTerminal: Bool
    private var inputFile: OwnedFile
    private var outputFile: OwnedFile
    private var errorFile: OwnedFile
    private var input: IncomingStream
    private var inputQueue = ByteQueue()
    private(set) var output: OutgoingStream
    private(set) var error: OutgoingStream

    /// Takes over the parent's ends of a child that has just been started.
    init(
        id: UInt32,
        container: Container,
        role: Role,
        pid: Int32,
        report: OwnedFile,
        files: StandardFiles,
        hasTerminal: Bool
    ) {
        self.id = id
        self.container = container
        self.role = role
        self.pid = pid
        self.report = report
        self.hasTerminal = hasTerminal
        inputFile = files.input
        outputFile = files.output
        errorFile = files.error
        input = IncomingStream(id: StreamID(process: id, channel: .input), window: ProtocolLimits.inputWindow)
        let credit = ProtocolLimits.initialCredit
        output = OutgoingStream(id: StreamID(process: id, channel: .output), credit: credit)
        error = OutgoingStream(id: StreamID(process: id, channel: .error), credit: credit)
        if hasTerminal || !errorFile.isOpen { error.finish() }
    }

    /// Whether it is the container's first.
    var isInit: Bool { role == .first }

    /// How it is, for the host.
    var status: ProcessStatus {
        ProcessStatus(process: id, container: container.id, isInit: isInit, exit: exit)
    }

    /// What a new host has to know about its input.
    var inputCredit: StreamCredit { input.keptCredit }

    /// Takes the terminal that the child has opened.
    func takeTerminal(_ number: Int32) {
        _ = lx_set_nonblocking(number)
        inputFile = OwnedFile(number)
        outputFile = inputFile
    }

    /// Gives the terminal a size.
    func resize(_ size: TerminalSize) throws(AgentFailure) {
        guard hasTerminal else { throw AgentFailure(.state, stage: "process \(id) has no terminal") }
        guard inputFile.isOpen else { return }
        try System.checkShim(lx_set_window_size(inputFile.number, size.rows, size.columns), "resize the terminal")
    }

    // MARK: What to wait for

    /// Adds what this process waits for.
    func watch(_ poller: inout Poller) {
        if report.isOpen { poller.add(report.number, POLLIN) }
        let readable = outputFile.isOpen && output.room > 0
        let writable = inputFile.isOpen && !inputQueue.isEmpty
        if hasTerminal {
            if readable || writable {
                poller.add(outputFile.number, (readable ? POLLIN : 0) | (writable ? POLLOUT : 0))
            }
            return
        }
        if readable { poller.add(outputFile.number, POLLIN) }
        if errorFile.isOpen, error.room > 0 { poller.add(errorFile.number, POLLIN) }
        if writable { poller.add(inputFile.number, POLLOUT) }
    }

    // MARK: Output

    /// Reads what the process has written, as far as there is room to keep it.
    func readOutput(_ buffer: inout [UInt8]) {
        GuestProcess.pump(from: outputFile, to: &output, &buffer)
        GuestProcess.pump(from: errorFile, to: &error, &buffer)
    }

    private static func pump(from file: OwnedFile, to stream: inout OutgoingStream, _ buffer: inout [UInt8]) {
        while file.isOpen, stream.room > 0 {
            let count = read(file.number, &buffer, min(buffer.count, stream.room))
            if count > 0 {
                stream.append(buffer[0..<count])
                continue
            }
            // A terminal whose last user is gone answers EIO instead of an end of file.
            guard count == 0 || (lx_errno() != EAGAIN && lx_errno() != EINTR) else { return }
            file.close()
            stream.finish()
        }
    }

    /// The next piece of output that the host has room for.
    func nextOutput() -> StreamData? { output.next() ?? error.next() }

    /// Takes the host's word on an output.
    func receive(_ credit: StreamCredit) throws(WireError) {
        switch credit.stream.channel {
        case .output: try output.receive(credit)
        case .error: try error.receive(credit)
        case .input: throw .invalid
        }
    }

    // MARK: Input

    /// Takes bytes from the host.
    ///
    /// - Returns: a credit to send, when one is due.
    func receive(_ data: StreamData) throws(WireError) -> StreamCredit? {
        guard data.stream.channel == .input else { throw .invalid }
        inputQueue.append(try input.receive(data))
        return writeInput()
    }

    /// Writes what the process can take.
    func writeInput() -> StreamCredit? {
        var written = 0
        while !inputQueue.isEmpty {
            let file = inputFile
            let count = file.isOpen ? inputQueue.withFirstBytes { write(file.number, $0.baseAddress, $0.count) } : 0
            if count < 0, lx_errno() == EAGAIN || lx_errno() == EINTR { break }
            // Nobody will ever read the rest: it is taken and dropped, as a shell's pipe would.
            if count < 0 { closeInput() }
            let taken = count > 0 ? count : inputQueue.count
            inputQueue.removeFirst(taken)
            written += taken
        }
        if input.hasEnded, inputQueue.isEmpty { endInput() }
        return written > 0 || input.hasEnded ? input.consume(written) : nil
    }

    /// A terminal's input ends with its end-of-file character; a pipe's by closing it.
    private func endInput() {
        guard hasTerminal, inputFile.isOpen, !toldEnd else { return closeInput() }
        var endOfTransmission: UInt8 = 4
        _ = write(inputFile.number, &endOfTransmission, 1)
        toldEnd = true
    }

    private var toldEnd = false

    private func closeInput() {
        if !hasTerminal { inputFile.close() }
    }

    /// A new host starts where the last one was acknowledged.
    func rewind() {
        output.rewind()
        error.rewind()
        // Input that was accepted lies in the queue and will be written: to a new host it counts as received.
    }

    /// Drops the streams of a process whose output nobody can produce any more.
    func endStreams() {
        inputFile.close()
        outputFile.close()
        errorFile.close()
        output.finish()
        error.finish()
    }
}

/// The parent's ends of a process's standard streams; closed files where a stream does not exist.
struct StandardFiles {
    let input: OwnedFile
    let output: OwnedFile
    let error: OwnedFile
}
