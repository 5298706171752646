import FoundationEssentials

/// The client's side of a QMP connection as a pure state machine: bytes in, actions out (QEMU's qmp-spec.txt).
///
/// Whatever the peer sends, it holds at most one line of `lineLimit` bytes; after a failure it takes nothing more.
struct QMPSession {
    /// What the session's owner is to do.
    enum Action {
        /// The peer has greeted; commands may be sent.
        case greeted
        /// The command with this number was answered by this line.
        case answered(UInt64, Result<[UInt8], HypervisorError>)
        /// Something happened in the machine.
        case event(QMPEvent)
        /// The peer broke the protocol: close the connection.
        case fail(HypervisorError)
    }

    /// The longest line that is read; the longest honest one (`qom-list`) has some kilobytes.
    static let lineLimit = 1 << 20

    private var partial: [UInt8] = []
    private var greeted = false
    private var failed = false

    /// Takes bytes as they came, and says what follows from the lines that they complete.
    mutating func receive(_ bytes: some Sequence<UInt8>) -> [Action] {
        var actions: [Action] = []
        for byte in bytes where !failed {
            if byte == UInt8(ascii: "\n") {
                actions += take(partial)
                partial.removeAll(keepingCapacity: true)
            } else if partial.count < Self.lineLimit {
                partial.append(byte)
            } else {
                actions += fail("sent a line of more than \(Self.lineLimit) bytes")
            }
        }
        return actions
    }

    /// The line that asks for a command.
    static func request<Command: QMPCommand>(_ command: Command, id: UInt64) throws -> [UInt8] {
        try Array(JSONEncoder().encode(Request(execute: Command.name, arguments: command, id: id))) + [0x0a]
    }

    private mutating func take(_ line: [UInt8]) -> [Action] {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x0d }) { return [] }
        guard let message = try? JSONDecoder().decode(Envelope.self, from: Data(line)) else {
            return fail("sent something that is no message")
        }
        if message.greets {
            guard !greeted else { return fail("greeted twice") }
            greeted = true
            return [.greeted]
        }
        guard greeted else { return fail("did not greet first") }
        if let event = message.event { return [.event(event)] }
        if let error = message.error {
            // An error without a number is about a line that the peer could not read: no command would ever end.
            guard let id = message.id else { return fail("refused a command: \(error)") }
            return [.answered(id, .failure(HypervisorError(.refused, error)))]
        }
        guard let id = message.id else { return fail("answered no command") }
        return [.answered(id, .success(line))]
    }

    private mutating func fail(_ text: String) -> [Action] {
        failed = true
        partial = []
        return [.fail(HypervisorError(.refused, "the virtual machine's monitor \(text)"))]
    }

    private struct Request<Command: QMPCommand>: Encodable {
        let execute: String
        let arguments: Command
        let id: UInt64
    }
}

/// The outermost layer of any message of the peer.
private struct Envelope: Decodable {
    let greets: Bool
    let id: UInt64?
    let error: String?
    let event: QMPEvent?

    private enum Key: String, CodingKey { case greeting = "QMP", id, error, event, data }
    private struct Failure: Decodable { let desc: String }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        greets = values.contains(.greeting)
        id = try values.decodeIfPresent(UInt64.self, forKey: .id)
        error = try values.decodeIfPresent(Failure.self, forKey: .error)?.desc
        let name = try values.decodeIfPresent(String.self, forKey: .event)
        event = name.map { QMPEvent(name: $0, details: (try? values.decode(QMPEvent.Details.self, forKey: .data))) }
    }
}
