/// What the guest tells without being asked.
///
/// A session begins with the guest's state: `ready`, one `process` for each process that is not forgotten (its
/// exit status included), credits for the inputs, then `snapshotEnd`. So an exit that nobody heard of is told again.
package enum Event: WireEquatable, Sendable {
    /// The session's first event.
    case ready(GuestInfo)
    /// A process as it is now.
    case process(ProcessStatus)
    /// Everything that a new host must know has been told.
    case snapshotEnd
    /// A process of a container was killed for want of memory.
    case outOfMemory(container: String)

    /// A frame's message.
    package func encode() -> [UInt8] {
        var writer = WireWriter()
        switch self {
        case .ready(let info):
            writer.integer(UInt8(1))
            writer.value(info)
        case .process(let status):
            writer.integer(UInt8(2))
            writer.value(status)
        case .snapshotEnd: writer.integer(UInt8(3))
        case .outOfMemory(let container):
            writer.integer(UInt8(4))
            writer.string(container)
        }
        return writer.bytes
    }

    /// Reads a message.
    package init(message: [UInt8]) throws(WireError) {
        var reader = WireReader(message)
        switch try reader.integer(UInt8.self) {
        case 1: self = .ready(try reader.value())
        case 2: self = .process(try reader.value())
        case 3: self = .snapshotEnd
        case 4: self = .outOfMemory(container: try reader.string(max: 64))
        default: throw .invalid
        }
        try reader.finish()
    }
}

/// What the guest says of itself.
package struct GuestInfo: WireEquatable, Sendable, WireCodable {
    /// The agent's version.
    package var agent: String
    /// The guest kernel's release.
    package var kernel: String
    /// Microseconds since the guest's kernel started.
    package var uptime: UInt64
    /// Whether a pod has been configured.
    package var configured: Bool
    /// The names of its network interfaces, without the loopback.
    package var interfaces: [String]

    /// Describes a guest.
    package init(agent: String, kernel: String, uptime: UInt64, configured: Bool, interfaces: [String] = []) {
        self.agent = agent
        self.kernel = kernel
        self.uptime = uptime
        self.configured = configured
        self.interfaces = interfaces
    }

    package init(from reader: inout WireReader) throws(WireError) {
        agent = try reader.string(max: 64)
        kernel = try reader.string(max: 64)
        uptime = try reader.integer()
        configured = try reader.bool()
        interfaces = try reader.array(max: Interface.mostInGuest) { (r: inout WireReader) throws(WireError) in
            try r.string(max: Interface.longestName)
        }
    }

    package func encode(to writer: inout WireWriter) {
        writer.string(agent)
        writer.string(kernel)
        writer.integer(uptime)
        writer.bool(configured)
        writer.strings(interfaces)
    }
}

/// A process and how it is.
package struct ProcessStatus: WireEquatable, Sendable, WireCodable {
    /// Its number.
    package var process: UInt32
    /// Its container.
    package var container: String
    /// Whether it is the container's first.
    package var isInit: Bool
    /// How it ended, or `nil` while it runs.
    package var exit: ExitStatus?

    /// Describes a process.
    package init(process: UInt32, container: String, isInit: Bool, exit: ExitStatus?) {
        self.process = process
        self.container = container
        self.isInit = isInit
        self.exit = exit
    }

    package init(from reader: inout WireReader) throws(WireError) {
        process = try reader.integer()
        container = try reader.string(max: 64)
        isInit = try reader.bool()
        exit = try reader.optional { (r: inout WireReader) throws(WireError) in try r.value() }
    }

    package func encode(to writer: inout WireWriter) {
        writer.integer(process)
        writer.string(container)
        writer.bool(isInit)
        writer.optional(exit) { $0.value($1) }
    }
}

/// How a process ended.
package struct ExitStatus: WireEquatable, Sendable, WireCodable {
    /// Its exit code, when no signal ended it.
    package var code: UInt8
    /// The signal that ended it, or 0.
    package var signal: UInt8
    /// Whether its container had run out of memory by then.
    package var outOfMemory: Bool

    /// Describes an end.
    package init(code: UInt8, signal: UInt8 = 0, outOfMemory: Bool = false) {
        self.code = code
        self.signal = signal
        self.outOfMemory = outOfMemory
    }

    /// The status as shells and Docker give it: the code, or 128 and the signal.
    package var shellCode: Int32 { signal == 0 ? Int32(code) : 128 + Int32(signal) }

    package init(from reader: inout WireReader) throws(WireError) {
        code = try reader.integer()
        signal = try reader.integer()
        outOfMemory = try reader.bool()
    }

    package func encode(to writer: inout WireWriter) {
        writer.integer(code)
        writer.integer(signal)
        writer.bool(outOfMemory)
    }
}
