/// What the guest answers to a request.
package enum Response: WireEquatable, Sendable {
    /// Done; there is nothing to tell.
    case done
    /// The content that was asked for.
    case file(FileContent)
    /// The statistics that were asked for.
    case statistics(PodStatistics)
    /// Who the guest is now that it has been configured.
    case identity(GuestIdentity)
    /// It could not be done.
    case failure(AgentFailure)

    /// A frame's message: the request's id and the answer.
    package func encode(id: UInt32) -> [UInt8] {
        var writer = WireWriter()
        writer.integer(id)
        switch self {
        case .done: writer.integer(UInt8(0))
        case .file(let content):
            writer.integer(UInt8(1))
            writer.value(content)
        case .statistics(let statistics):
            writer.integer(UInt8(2))
            writer.value(statistics)
        case .identity(let identity):
            writer.integer(UInt8(3))
            writer.value(identity)
        case .failure(let failure):
            writer.integer(UInt8(255))
            writer.value(failure)
        }
        return writer.bytes
    }

    /// Reads a message; `Request.id(of:)` reads its id.
    package init(message: [UInt8]) throws(WireError) {
        var reader = WireReader(message, from: 4)
        switch try reader.integer(UInt8.self) {
        case 0: self = .done
        case 1: self = .file(try reader.value())
        case 2: self = .statistics(try reader.value())
        case 3: self = .identity(try reader.value())
        case 255: self = .failure(try reader.value())
        default: throw .invalid
        }
        try reader.finish()
    }
}

/// Why the guest could not do what it was asked.
package struct AgentFailure: Error, WireEquatable, Sendable, WireCodable {
    /// The kinds of failure that a host tells apart.
    package enum Code: UInt8, Sendable {
        /// The request makes no sense.
        case invalid = 1
        /// There is no such container, process or file.
        case notFound = 2
        /// The name or number is taken.
        case exists = 3
        /// Not now: a container still runs, or does not run.
        case state = 4
        /// A bound of the protocol is reached.
        case limit = 5
        /// A disk did not appear in time.
        case timeout = 6
        /// A system call failed.
        case system = 7
        /// The command does not exist (shells say 127).
        case commandNotFound = 8
        /// The command cannot be executed (shells say 126).
        case commandNotExecutable = 9
    }

    /// The kind.
    package var code: Code
    /// What was being done, with the object's name.
    package var stage: String
    /// The kernel's error number, or 0.
    package var errno: Int32

    /// Describes a failure.
    package init(_ code: Code, stage: String, errno: Int32 = 0) {
        self.code = code
        self.stage = stage
        self.errno = errno
    }

    package init(from reader: inout WireReader) throws(WireError) {
        guard let code = Code(rawValue: try reader.integer()) else { throw .invalid }
        self.code = code
        stage = try reader.string(max: 8192)
        errno = try reader.integer()
    }

    package func encode(to writer: inout WireWriter) {
        writer.integer(code.rawValue)
        writer.string(stage)
        writer.integer(errno)
    }
}
