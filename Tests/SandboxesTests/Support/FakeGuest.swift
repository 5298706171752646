import AgentProtocol
import Sandboxes
import SystemPackage
import TestSupport

/// A guest whose session is the real one and whose agent is a test's script.
struct FakeGuest {
    struct Unexpected: Error {
        let item: String
    }

    /// The host has closed the channel.
    struct Ended: Error {}

    let socket: BlockingSocket
    var session = GuestSession()
    /// The credits that came while a request was waited for.
    private(set) var passedOver: [StreamCredit] = []
    private var waiting: [GuestSession.Incoming] = []

    init(_ socket: BlockingSocket) {
        self.socket = socket
    }

    // MARK: Listening

    mutating func next() throws -> GuestSession.Incoming {
        while waiting.isEmpty {
            let bytes = try socket.read()
            guard !bytes.isEmpty else { throw Ended() }
            try take(bytes)
        }
        return waiting.removeFirst()
    }

    mutating func take(_ bytes: [UInt8]) throws {
        waiting += session.receive(bytes)
        try flush()
    }

    /// The next request; credits and input on the way are passed over.
    mutating func request() throws -> (id: UInt32, request: Request) {
        while true {
            switch try next() {
            case .request(let id, let request): return (id, try request.get())
            case .credit(let credit): passedOver.append(credit)
            case .data: continue
            case let item: throw Unexpected(item: "\(item)")
            }
        }
    }

    mutating func data() throws -> StreamData {
        guard case .data(let data) = try next() else { throw Unexpected(item: "not data") }
        return data
    }

    mutating func credit() throws -> StreamCredit {
        guard case .credit(let credit) = try next() else { throw Unexpected(item: "not a credit") }
        return credit
    }

    mutating func waitForEnd() throws {
        do {
            while true { _ = try next() }
        } catch is Ended {
            return
        }
    }

    // MARK: Speaking

    mutating func flush() throws {
        var bytes: [UInt8] = []
        session.flush { chunk in
            bytes += chunk
            return chunk.count
        }
        try socket.write(bytes)
    }

    mutating func send(_ frame: Frame) throws {
        session.send(frame)
        try flush()
    }

    mutating func say(_ event: Event) throws {
        session.send(.event, message: event.encode())
        try flush()
    }

    mutating func answer(_ id: UInt32, _ response: Response = .done) throws {
        session.send(.response, message: response.encode(id: id))
        try flush()
    }

    /// Waits for a host and tells it the guest's state.
    mutating func welcome(_ processes: [ProcessStatus] = [], inputs: [StreamCredit] = []) throws {
        guard case .began = try next() else { throw Unexpected(item: "something before the session") }
        try say(.ready(GuestInfo(agent: "test", kernel: "6.1", uptime: 1, configured: !processes.isEmpty)))
        for process in processes { try say(.process(process)) }
        for credit in inputs { try send(credit.frame) }
        try say(.snapshotEnd)
    }

    /// Waits for so many processes to be asked for, and lets them start.
    mutating func start(_ count: Int = 1) throws {
        for _ in 0..<count { try answer(try request().id) }
    }

    mutating func exit(_ process: UInt32, code: UInt8 = 0) throws {
        try say(
            .process(ProcessStatus(process: process, container: "main", isInit: true, exit: ExitStatus(code: code)))
        )
    }

    mutating func write(_ text: String, to stream: StreamID, at offset: UInt64 = 0, end: Bool = false) throws {
        try send(StreamData(stream: stream, offset: offset, end: end, bytes: Array(text.utf8)).frame)
    }
}

/// Connects the real client with a guest that follows a script on a thread of its own.
@discardableResult
func withGuest<Result: Sendable>(
    fresh: Bool = true,
    renewal: Handshake.Renewal? = nil,
    patience: Duration = .seconds(60),
    _ script: @escaping @Sendable (inout FakeGuest) throws -> Void,
    host: @escaping @Sendable (AgentClient) async throws -> Result
) async throws -> Result {
    try await withTemporaryFolder { folder in
        let path = folder.appending("agent.sock")
        return try await withSocketServer(at: path) { listener in
            var guest = FakeGuest(try listener.accept())
            try script(&guest)
        } client: {
            try await AgentClient.withConnection(to: path, fresh: fresh, renewal: renewal, patience: patience, host)
        }
    }
}

extension StreamID {
    static func output(_ process: UInt32) -> StreamID { StreamID(process: process, channel: .output) }
    static func error(_ process: UInt32) -> StreamID { StreamID(process: process, channel: .error) }
    static func input(_ process: UInt32) -> StreamID { StreamID(process: process, channel: .input) }
}

extension ContainerSpec {
    /// A container whose process has this number.
    static func sample(_ process: UInt32 = 1) -> ContainerSpec {
        ContainerSpec(
            id: "main",
            layers: [LayerSource(serial: "layer0")],
            writable: .memory(limit: 0),
            process: ProcessSpec(id: process, arguments: ["sh"])
        )
    }
}

extension AgentProcess {
    /// Everything that the process writes to its standard output, acknowledged as it arrives.
    func text() async -> String {
        var bytes: [UInt8] = []
        for await chunk in output {
            if chunk.channel == .output { bytes += chunk.bytes }
            acknowledge(chunk)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Content that differs from place to place.
func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 + seed) &* 31 ^ ($0 >> 8)) }
}
